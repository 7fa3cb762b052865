from typing import ClassVar

from scaicontrol.core.events import DomainEvent


class RuleSetInstalled(DomainEvent):
    """Documents issued from `valid_from` on are held against one more official rule set."""

    topic: ClassVar[str] = "einvoice_rule_set.installed"
    resource: ClassVar[str] = "rule_set_id"
    public: ClassVar[bool] = False

    rule_set_id: str
    name: str
    version: str
    profiles: list[str]
    valid_from: str
    digest: str


class RuleSetRetired(DomainEvent):
    """An installed rule set is no longer asked; its predecessor is again."""

    topic: ClassVar[str] = "einvoice_rule_set.retired"
    resource: ClassVar[str] = "rule_set_id"
    public: ClassVar[bool] = False

    rule_set_id: str
    name: str
    version: str
