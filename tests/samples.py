"""Sample exports that lie beside the checkout on some machines; nothing of them is part of the project."""

import os
import zipfile
from pathlib import Path

from tests.services.requirements import skip_optional

PLACES = ("ADMINOPS_SAMPLES",)
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "hmis" / "samples"


def sample(name: str, *, as_zip_in: Path | None = None) -> Path:
    """Return the folder of sample `name`, or a zip of it made in `as_zip_in`. Skips the test where there is none."""
    places = [Path(os.environ[variable]) for variable in PLACES if os.environ.get(variable)]
    folder = next((place / name for place in [*places, BESIDE] if (place / name).is_dir()), None)
    if folder is None:
        skip_optional(f"no sample {name} beside this checkout")
    if as_zip_in is None:
        return folder
    target = as_zip_in / f"{name}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.glob("*.csv")):
            archive.write(file, file.name)
    return target
