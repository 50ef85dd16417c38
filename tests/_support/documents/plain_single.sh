curl -X DELETE \
http://localhost:8084/api/v0/data_pipeline/tasks \
-H "Content-Type: application/json" \
-d '{
"task_ids": ["task_20250702_223802"],
"confirm": true
}'
