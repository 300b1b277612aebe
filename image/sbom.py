"""The image's bill of materials as CycloneDX 1.5, from its list of packages.

usage: sbom.py MANIFEST.TSV VERSION EPOCH (to the standard output)
"""

import csv
import datetime
import json
import pathlib
import sys
import urllib.parse
import uuid


def component(row):
    name, version, architecture, source, source_version = row
    quoted = urllib.parse.quote(version, safe="")
    purl = f"pkg:deb/debian/{name}@{quoted}?arch={architecture}"
    return {
        "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
        "properties": [{"name": "debian:source", "value": f"{source} {source_version}"}],
    }  # fmt: skip


def main(manifest, version, epoch):
    text = pathlib.Path(manifest).read_text()
    rows = sorted(csv.reader(text.splitlines(), delimiter="\t"))
    made = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        # of the content, so that the same image has the same bill
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, text)}",
        "version": 1,
        "metadata": {
            "timestamp": made,
            "component": {"type": "operating-system", "bom-ref": "plugtone", "name": "plugtone-appliance", "version": version},
        },
        "components": [component(row) for row in rows],
    }
    json.dump(bill, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main(*sys.argv[1:])
