"""Judge a CycloneDX document: by the strict schema, then by what the library reads of it."""

import json
import sys

from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
bom = Bom.from_json(json.loads(text))
bom.validate()
print(json.dumps({
    "problems": [] if problem is None else [str(problem)],
    "serial": str(bom.serial_number),
    "packages": {
        str(component.bom_ref): PackageURL.from_string(component.bom_ref.value).to_dict()
        for component in bom.components
    },
    "dependencies": sum(len(each.dependencies) for each in bom.dependencies),
}))
