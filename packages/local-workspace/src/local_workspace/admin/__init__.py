"""What a test or a curious person may ask of the workspace itself: faults, tokens, a recorder."""

from local_workspace.admin.admin import Admin, LakebaseSwitches
from local_workspace.admin.fault_injection import FaultInjection
from local_workspace.admin.faults import Fault, Faults
from local_workspace.admin.recorder import Recorder, Recording

__all__ = [
    "Admin",
    "Fault",
    "FaultInjection",
    "Faults",
    "LakebaseSwitches",
    "Recorder",
    "Recording",
]
