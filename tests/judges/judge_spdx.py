"""Judge an SPDX document: whole by its schema's meaning, and what it names."""

import json
import sys

from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

document = parse_file(sys.argv[1])
problems = validate_full_spdx_document(document, "SPDX-2.3")
print(json.dumps({
    "problems": [message.validation_message for message in problems],
    "namespace": document.creation_info.document_namespace,
    "packages": {package.spdx_id: package.name for package in document.packages},
    "licenses": {package.name: str(package.license_declared) for package in document.packages},
    "files": len(document.files),
    "relationships": len(document.relationships),
}))
