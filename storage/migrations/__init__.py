"""What a migration file says: `from storage import migrations`, as with Django's own.

The files beside this one are those of the storage layer's own tables.
"""

from storage.evolution.adoption import AdoptTable as AdoptTable
from storage.evolution.items.data_operations import RebuildItems as RebuildItems
from storage.evolution.items.data_operations import RunPython as RunPython
from storage.evolution.items.data_operations import TransformItems as TransformItems
from storage.evolution.items.filling import WhereAbsent as WhereAbsent
from storage.evolution.items.item_operations import DELETE_ITEM as DELETE_ITEM
from storage.evolution.items.item_operations import NO_DEFAULT as NO_DEFAULT
from storage.evolution.items.item_operations import NOTHING_TO_UNDO as NOTHING_TO_UNDO
from storage.evolution.items.item_operations import AddAttribute as AddAttribute
from storage.evolution.items.item_operations import AlterAttribute as AlterAttribute
from storage.evolution.items.item_operations import RemoveAttribute as RemoveAttribute
from storage.evolution.items.item_operations import RenameAttribute as RenameAttribute
from storage.evolution.items.kind_operations import AddKind as AddKind
from storage.evolution.items.kind_operations import RemoveKind as RemoveKind
from storage.evolution.items.runner import items_of as items_of
from storage.evolution.migration import Migration as Migration
from storage.evolution.schema_operations import AddIndex as AddIndex
from storage.evolution.schema_operations import AlterStream as AlterStream
from storage.evolution.schema_operations import AlterThroughput as AlterThroughput
from storage.evolution.schema_operations import AlterTimeToLive as AlterTimeToLive
from storage.evolution.schema_operations import CreateTable as CreateTable
from storage.evolution.schema_operations import DeleteTable as DeleteTable
from storage.evolution.schema_operations import RemoveIndex as RemoveIndex
from storage.evolution.state import ALL as ALL
from storage.evolution.state import KEYS_ONLY as KEYS_ONLY
from storage.evolution.state import Attribute as Attribute
from storage.evolution.state import GlobalIndex as GlobalIndex
from storage.evolution.state import Key as Key
from storage.evolution.state import Kind as Kind
from storage.evolution.state import LocalIndex as LocalIndex
from storage.evolution.state import Throughput as Throughput
