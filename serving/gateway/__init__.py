"""The HTTP gateway: turns a model server's tensors into pictures of planets."""

from serving.gateway.app import create_app
from serving.gateway.config import GatewayConfig

__all__ = ["GatewayConfig", "create_app"]
