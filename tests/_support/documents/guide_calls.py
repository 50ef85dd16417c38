import requests
import json

# 删除单个任务（只删除目录，保留数据库记录）
def delete_single_task(task_id):
    payload = {
        "task_ids": [task_id],
        "confirm": True,
        "delete_database_records": False
    }
    
    response = requests.delete(
        'http://localhost:8084/api/v0/data_pipeline/tasks', 
        json=payload
    )
    
    return response.json()

# 批量删除任务
def delete_multiple_tasks(task_ids):
    payload = {
        "task_ids": task_ids,
        "confirm": True,
        "delete_database_records": False,
        "continue_on_error": True
    }
    
    response = requests.delete(
        'http://localhost:8084/api/v0/data_pipeline/tasks', 
        json=payload
    )
    
    return response.json()

# 使用示例
result = delete_single_task("task_20250702_223802")
print(json.dumps(result, indent=2, ensure_ascii=False))
