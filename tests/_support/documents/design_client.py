import requests

def delete_task(task_id, delete_db_records=False):
    """删除单个任务"""
    url = f"http://localhost:8084/api/v0/data_pipeline/tasks/{task_id}"
    payload = {
        "confirm": True,
        "delete_database_records": delete_db_records
    }
    response = requests.delete(url, json=payload)
    return response.json()

def delete_tasks_batch(task_ids, delete_db_records=False):
    """批量删除任务"""
    url = "http://localhost:8084/api/v0/data_pipeline/tasks"
    payload = {
        "task_ids": task_ids,
        "confirm": True,
        "delete_database_records": delete_db_records,
        "continue_on_error": True
    }
    response = requests.delete(url, json=payload)
    return response.json()

# 使用示例
result = delete_task("task_20250702_173932")
print(result)

batch_result = delete_tasks_batch([
    "task_20250702_173932",
    "task_20250702_174521"
])
print(batch_result)
