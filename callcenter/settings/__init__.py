"""Every setting with its unit, default and reason.

In rising order: the defaults here, a TOML file, `CALLCENTER_…` variables, options of the command line. A wrong one is a
`SettingsError` that names where it stands, what is wrong with it, and what a right one looks like.
`config/callcenter.example.toml` holds them all.
"""

from callcenter.settings.database import DatabaseLimits
from callcenter.settings.loading import COMMAND_LINE, load
from callcenter.settings.pbx import AmiSettings, PbxSettings
from callcenter.settings.site import ENV_PREFIX, Settings

__all__ = ["COMMAND_LINE", "ENV_PREFIX", "AmiSettings", "DatabaseLimits", "PbxSettings", "Settings", "load"]
