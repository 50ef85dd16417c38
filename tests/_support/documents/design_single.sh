curl -X DELETE \
  http://localhost:8084/api/v0/data_pipeline/tasks/task_20250702_173932 \
  -H "Content-Type: application/json" \
  -d '{
    "confirm": true,
    "delete_database_records": false
  }'
