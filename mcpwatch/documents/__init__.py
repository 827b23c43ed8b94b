"""The files that people write for mcpwatch: YAML 1.2 or JSON, read with positions, checked against a schema.

Importing this is cheap: the parser and the validator are imported by the first file that needs them.
"""

from mcpwatch.documents.check import check_document
from mcpwatch.documents.document import Document, Mark
from mcpwatch.documents.foreign import schema_checker, schema_error, schema_fault, schema_faults
from mcpwatch.documents.read import parse_document, read_document

__all__ = [
    "Document",
    "Mark",
    "check_document",
    "parse_document",
    "read_document",
    "schema_checker",
    "schema_error",
    "schema_fault",
    "schema_faults",
]
