"""What a plugin call can end in besides an answer; the names are the same for every transport."""

from __future__ import annotations


class PluginError(Exception):
    """Base of all refusals and failures of a plugin call."""


class NotEnabled(PluginError):
    """The tenant has not enabled this plugin for this hook; nothing was called."""


class PluginRefused(PluginError):
    """The plugin itself is not acceptable: unknown hook, wrong argument, wrapper; said when it is loaded."""


class Unknown(PluginError):
    """The call ended without a usable answer; whether it had an effect is not known."""
