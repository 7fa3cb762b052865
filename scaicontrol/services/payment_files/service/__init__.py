from .orders import propose, reject, settle, withdraw
from .writing import download, mark_sent, write

__all__ = ["download", "mark_sent", "propose", "reject", "settle", "withdraw", "write"]
