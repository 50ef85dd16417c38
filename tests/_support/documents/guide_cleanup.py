import requests
from datetime import datetime, timedelta

def cleanup_old_tasks(days_old=30):
    # 先获取任务列表
    response = requests.get('http://localhost:8084/api/v0/data_pipeline/tasks?limit=100')
    tasks = response.json()['data']['tasks']
    
    # 筛选出旧任务
    cutoff_date = datetime.now() - timedelta(days=days_old)
    old_task_ids = []
    
    for task in tasks:
        if task.get('created_at'):
            created_at = datetime.fromisoformat(task['created_at'].replace('Z', '+00:00'))
            if created_at < cutoff_date:
                old_task_ids.append(task['task_id'])
    
    # 批量删除
    if old_task_ids:
        payload = {
            "task_ids": old_task_ids,
            "confirm": True,
            "delete_database_records": False
        }
        
        response = requests.delete(
            'http://localhost:8084/api/v0/data_pipeline/tasks',
            json=payload
        )
        
        return response.json()
    
    return {"message": "没有找到需要清理的旧任务"}
