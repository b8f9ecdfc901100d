"""The plugin host: loads first-party plugins, validates their hooks, calls them by name through an allow-list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, distributions
from typing import Any, cast

import pluggy

from plugins.contracts.ai import Classification, ClassifyRequest, Correction
from plugins.contracts.errors import NotEnabled, PluginRefused, Unknown
from plugins.specs import ai
from tenants.tenant import Tenant

PROJECT = "anju"
ENTRY_POINTS = "anju.plugins"
SPECS = (ai,)


@dataclass(frozen=True)
class Installed:
    """A loaded plugin: its id, whether it is part of the core (enabled for every tenant), and its hooks."""

    plugin_id: str
    core: bool
    hooks: dict[str, Callable[..., Any]]


class Registry:
    """Validates with pluggy and dispatches itself: pluggy's own subset caller is a deny-list and fails open."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        for spec in SPECS:
            self._manager.add_hookspecs(spec)
        self._installed: dict[str, Installed] = {}

    def install(self, plugin_id: str, plugin: object, *, core: bool = False) -> None:
        try:
            self._manager.register(plugin, name=plugin_id)
            self._manager.check_pending()
        except (pluggy.PluginValidationError, ValueError) as refused:
            if self._manager.has_plugin(plugin_id):
                self._manager.unregister(name=plugin_id)
            raise PluginRefused(f"{plugin_id}: {refused}") from refused
        self._installed[plugin_id] = Installed(plugin_id, core, self._hooks_of(plugin_id, plugin))

    def _hooks_of(self, plugin_id: str, plugin: object) -> dict[str, Callable[..., Any]]:
        hooks = {}
        for caller in self._manager.get_hookcallers(plugin) or ():
            for implementation in caller.get_hookimpls():
                if implementation.plugin is not plugin:
                    continue
                if implementation.wrapper or implementation.hookwrapper:
                    self._manager.unregister(name=plugin_id)
                    raise PluginRefused(f"{plugin_id}: {caller.name} is a wrapper")
                hooks[caller.name] = implementation.function
        return hooks

    def allowed(self, tenant: Tenant | None, hook: str) -> tuple[str, ...]:
        """Ids that may answer ``hook`` for the tenant. Core plugins only, until tenants can install others."""
        return tuple(
            found.plugin_id for found in self._installed.values() if found.core and hook in found.hooks
        )

    def one(self, tenant: Tenant | None, hook: str, plugin_id: str, **arguments: object) -> Any:
        """Call one named plugin. NotEnabled when the tenant's list lacks it; Unknown when the call fails."""
        if plugin_id not in self.allowed(tenant, hook):
            raise NotEnabled(f"{plugin_id} is not enabled for {hook}")
        try:
            return self._installed[plugin_id].hooks[hook](**arguments)
        except Exception as failure:
            raise Unknown(f"{plugin_id} failed in {hook}") from failure


def _own_entry_points() -> Sequence[EntryPoint]:
    """Of our own distribution only: nothing else that happens to be installed is loaded.

    A checkout may hold a second, older description of the same distribution beside the installed one.
    """
    found = {
        entry.name: entry
        for own in distributions(name=PROJECT)
        for entry in own.entry_points.select(group=ENTRY_POINTS)
    }
    return tuple(found[name] for name in sorted(found))


@cache
def registry() -> Registry:
    """The process's registry, built once from our own entry points."""
    made = Registry()
    for entry in _own_entry_points():
        plugin = entry.load()()
        made.install(entry.name, plugin, core=bool(getattr(plugin, "core", False)))
    return made


def classify_text(
    text: str, locale: str, tenant: Tenant | None = None, corrections: Sequence[Correction] = ()
) -> Classification:
    """Category, urgency and the words that decided; raises Unknown or NotEnabled when no classifier answers."""
    plugins = registry()
    request = ClassifyRequest(text=text, locale=locale, corrections=tuple(corrections))
    for plugin_id in plugins.allowed(tenant, "ai_classify"):
        answer = plugins.one(tenant, "ai_classify", plugin_id, request=request)
        if answer is not None:
            return cast(Classification, answer)
    raise NotEnabled("no classifier is enabled")
