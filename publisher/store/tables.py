"""All tables of the store. Each subject has a module with its tables. `metadata` of this module holds the tables of
every subject.
"""

from publisher.store import desk_schema, edition_schema, mail_schema, people_schema, schema

SUBJECTS = (schema, edition_schema, people_schema, mail_schema, desk_schema)
"""The modules whose tables are in `metadata`."""
metadata = schema.metadata
