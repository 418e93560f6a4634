"""What this server says of itself: what it can do, which kinds of things it has, and their attributes. Pure."""

from typing import Any

from accounts.scim.shapes import GROUP, NAME_PARTS, USER

MOST_RESULTS = 200
CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
RESOURCE_TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"

Document = dict[str, Any]


def _attribute(name: str, what: str, kind: str = "string", **over: Any) -> Document:
    return {
        "name": name,
        "type": kind,
        "multiValued": False,
        "description": what,
        "required": False,
        "mutability": "readWrite",
        "returned": "default",
        **({"caseExact": False, "uniqueness": "none"} if kind == "string" else {}),
        **over,
    }


_NAME = [_attribute(part, f"The {part} part of the name") for part in NAME_PARTS]
_EMAIL = [
    _attribute("value", "The address", required=True),
    _attribute("type", "Which one it is", canonicalValues=["work", "home", "other"]),
    _attribute("primary", "Whether it is the one to write to", "boolean"),
]
_MEMBER: list[Document] = [
    _attribute("value", "The person's id", mutability="readOnly"),
    _attribute("display", "The person's name", mutability="readOnly"),
    _attribute("$ref", "Where the person is", "reference", mutability="readOnly", referenceTypes=["User"]),
]
_GROUP = [
    _attribute("value", "The group's id", mutability="readOnly"),
    _attribute("display", "The role", mutability="readOnly"),
]
_ATTRIBUTES: dict[str, tuple[str, str, list[Document]]] = {
    USER: (
        "User",
        "Somebody of the agency",
        [
            _attribute("userName", "The provider's own name for the person", required=True, uniqueness="server"),
            _attribute("name", "The parts of the name", "complex", subAttributes=_NAME),
            _attribute("displayName", "The name as people say it"),
            _attribute("title", "The job title"),
            _attribute("active", "Whether the person is to have access; false ends it at once", "boolean"),
            _attribute("emails", "Where to write to", "complex", multiValued=True, required=True, subAttributes=_EMAIL),
            _attribute(
                "groups",
                "The person's roles at the agency",
                "complex",
                multiValued=True,
                mutability="readOnly",
                subAttributes=_GROUP,
            ),
        ],
    ),
    GROUP: (
        "Group",
        "A role at the agency, to look at: roles are given by the Systems Team",
        [
            _attribute("displayName", "The role", mutability="readOnly"),
            _attribute(
                "members",
                "Who has it",
                "complex",
                multiValued=True,
                mutability="readOnly",
                subAttributes=_MEMBER,
            ),
        ],
    ),
}


def config(base: str) -> Document:
    """Return what this server can do."""
    return {
        "schemas": [CONFIG],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MOST_RESULTS},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A token that a system administrator has made for this provider and agency.",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }


def resource_types(base: str) -> list[Document]:
    """Return which kinds of things there are."""
    return [
        {
            "schemas": [RESOURCE_TYPE],
            "id": name,
            "name": name,
            "endpoint": f"/{name}s",
            "description": _ATTRIBUTES[schema][1],
            "schema": schema,
            "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{name}"},
        }
        for name, schema in (("User", USER), ("Group", GROUP))
    ]


def schemas(base: str) -> list[Document]:
    """Return the attributes of each kind of thing."""
    return [
        {
            "schemas": [SCHEMA],
            "id": schema,
            "name": name,
            "description": what,
            "attributes": attributes,
            "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{schema}"},
        }
        for schema, (name, what, attributes) in _ATTRIBUTES.items()
    ]
