curl http://localhost:8084/api/v0/data_pipeline/tasks?limit=5
