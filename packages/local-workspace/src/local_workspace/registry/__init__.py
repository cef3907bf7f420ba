"""Unity Catalog, as far as models need it: catalogs, schemas, registered models, versions."""

from local_workspace.registry.area import Registry
from local_workspace.registry.models import Models

__all__ = ["Models", "Registry"]
