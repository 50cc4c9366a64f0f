"""The kind that users ask for, as the API server calls it; loads no model of it."""

from typing import Final

from multicasskop.crds.names import GROUP, MULTICASSKOP_KIND, MULTICASSKOP_PLURAL, STORAGE_VERSION
from multicasskop.informers.resource import Resource

MULTICASSKOPS: Final = Resource(GROUP, STORAGE_VERSION, MULTICASSKOP_PLURAL, MULTICASSKOP_KIND)
