"""What the machines differ in that the appliance is made for, under Debian's names of them."""

import dataclasses
import pathlib
import subprocess

ESP = "@@2M"  # where it lies on the disk, as mtools want it


@dataclasses.dataclass(frozen=True)
class Architecture:
    name: str
    grub: str  # GRUB's name of UEFI there
    loader: str  # what UEFI starts, in EFI/BOOT of the ESP
    has_bios: bool
    root_type: str  # of a partition, by the Discoverable Partitions Specification
    qemu: str
    machine: tuple
    firmware: pathlib.Path  # UEFI for QEMU: its code, and its variables as they are at first
    variables: pathlib.Path


ARCHITECTURES = {
    "amd64": Architecture(
        "amd64", "x86_64-efi", "BOOTX64.EFI", True, "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709",
        "qemu-system-x86_64", ("-machine", "q35", "-cpu", "max"),
        pathlib.Path("/usr/share/OVMF/OVMF_CODE_4M.fd"), pathlib.Path("/usr/share/OVMF/OVMF_VARS_4M.fd"),
    ),
    "arm64": Architecture(
        "arm64", "arm64-efi", "BOOTAA64.EFI", False, "B921B045-1DF0-41C3-AF44-4C6F280D3FAE",
        "qemu-system-aarch64", ("-machine", "virt", "-cpu", "cortex-a72"),
        pathlib.Path("/usr/share/AAVMF/AAVMF_CODE.fd"), pathlib.Path("/usr/share/AAVMF/AAVMF_VARS.fd"),
    ),
}  # fmt: skip


def of_image(image):
    """Which one an appliance's disk is for: what UEFI would start says it."""
    listed = subprocess.run(["mdir", "-b", "-i", f"{image}{ESP}", "::EFI/BOOT"], check=True, capture_output=True, text=True).stdout
    for architecture in ARCHITECTURES.values():
        if architecture.loader in listed:
            return architecture
    raise RuntimeError(f"{image}: UEFI of no machine that we know would start it; EFI/BOOT has:\n{listed}")
