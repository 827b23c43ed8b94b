"""Values checked against a JSON Schema, with the first thing that is wrong in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from jsonschema import ValidationError

__all__ = ["schema_error"]


def schema_error(schema: Mapping[str, Any], value: Any) -> str | None:
    """Why `value` does not fit `schema`, where in it first; None where it fits, or where the schema itself is none.

    References are followed inside the schema only: nothing is ever fetched.
    """
    from jsonschema import Draft202012Validator, SchemaError  # 0.1 s that only a form or a check pays
    from jsonschema.exceptions import best_match  # pyright: ignore[reportUnknownVariableType] - untyped there
    from jsonschema.validators import validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    made = validator_for(dict(schema), default=Draft202012Validator)
    registry: Registry[Any] = Registry()
    try:
        made.check_schema(dict(schema))
        found = best_match(made(dict(schema), registry=registry).iter_errors(value))  # pyright: ignore
        error = cast("ValidationError | None", found)
    except (SchemaError, Unresolvable, RecursionError, ValueError, TypeError):
        return None
    if error is None:
        return None
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    message = error.message if len(error.message) <= 300 else error.message[:299] + "…"
    return f"{where.lstrip('.')}: {message}" if where else message
