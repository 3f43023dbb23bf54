"""All tables of the store. Each subject has a module with its tables; whoever needs every table imports `metadata` from
here, so that none is missing.
"""

from publisher.store import desk_schema, edition_schema, mail_schema, people_schema, schema

SUBJECTS = (schema, edition_schema, people_schema, mail_schema, desk_schema)
"""The modules whose tables are in `metadata`."""
metadata = schema.metadata
