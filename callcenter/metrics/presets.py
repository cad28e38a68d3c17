"""What vendors call service level: each of their rules by name, so that figures can be compared with theirs.

A preset is a formula of `service_level` with the values that the vendor fixes or ships; what it leaves open (None) is
the centre's own. Everything here is counted in the interval of entry; ``attribution`` says where the vendor counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from callcenter.domain.policies import Boundary, ServiceLevelPolicy
from callcenter.domain.policies import ServiceLevelFormula as Name
from callcenter.metrics.service_level import FORMULAS

_CONFIGURED = "as configured"
_ENTRY = "the interval of entry"
_RESET = "no interval: counters since the last reload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One vendor's rule. With ``fixed`` its threshold is part of it, whatever the PBX says of the queue."""

    name: str
    version: int = 1
    vendor: str
    formula: Name
    threshold_seconds: int | None = None
    short_abandon_seconds: int | None = None
    boundary: Boundary = Boundary.AT_MOST
    fixed: bool = False
    attribution: str = _CONFIGURED
    source: str

    @property
    def text(self) -> str:
        """The formula in words, with the boundary where it is not the usual one."""
        text = FORMULAS[self.formula].text
        return text.replace("within T", "in less than T") if self.boundary is Boundary.BELOW else text

    def over(self, rule: ServiceLevelPolicy) -> ServiceLevelPolicy:
        """A centre's rule with what the vendor says put in its place."""
        threshold, short = self.threshold_seconds, self.short_abandon_seconds
        return replace(
            rule,
            formula=self.formula,
            version=FORMULAS[self.formula].version,
            threshold_seconds=rule.threshold_seconds if threshold is None else threshold,
            short_abandon_seconds=rule.short_abandon_seconds if short is None else short,
            boundary=self.boundary,
            preset=self.name,
        )


_UCCX = "Cisco UCCX, four ways to treat abandoned calls"
_GENESYS = "https://help.mypurecloud.com/articles/configure-the-service-level-calculation/"
_OWN = "each event in its own interval"


def _genesys(name: str, formula: Name) -> Preset:
    return Preset(
        name=name, vendor="Genesys Cloud", formula=formula, threshold_seconds=20, attribution=_OWN, source=_GENESYS
    )


def _cisco(name: str, formula: Name) -> Preset:
    return Preset(name=name, vendor="Cisco", formula=formula, source=_UCCX)


_ALL = (
    Preset(
        name="asterisk_service_level",
        vendor="Asterisk",
        formula=Name.ASTERISK,
        attribution=_RESET,
        source="asterisk apps/app_queue.c, ServicelevelPerf",
    ),
    Preset(
        name="asterisk_service_level_2",
        vendor="Asterisk",
        formula=Name.ASTERISK_SL2,
        attribution=_RESET,
        source="asterisk apps/app_queue.c, ServicelevelPerf2",
    ),
    Preset(
        name="wazo_qos",
        vendor="Wazo",
        formula=Name.ASTERISK,
        attribution=_ENTRY,
        source="wazo-platform/wazo-call-logd queue_stat.py, qos",
    ),
    Preset(
        name="vicidial_tmr1",
        vendor="VICIdial",
        formula=Name.ASTERISK,
        threshold_seconds=20,
        source="VICIdial AST_CLOSERstats.php, answer_sec_pct_rt_stat_one",
    ),
    Preset(
        name="vicidial_tmr2",
        vendor="VICIdial",
        formula=Name.ASTERISK,
        threshold_seconds=30,
        source="VICIdial AST_CLOSERstats.php, answer_sec_pct_rt_stat_two",
    ),
    _cisco("cisco_only_handled", Name.ASTERISK),
    _cisco("cisco_negative", Name.ANSWERED_OF_OFFERED),
    _cisco("cisco_positive", Name.ABANDONS_IN_TIME_MET),
    _cisco("cisco_ignore", Name.ABANDONS_IN_TIME_IGNORED),
    Preset(
        name="amazon_connect",
        vendor="Amazon Connect",
        formula=Name.REMOVED_IN_TIME,
        attribution="the interval in which the contact was disconnected",
        source="https://docs.aws.amazon.com/connect/latest/adminguide/metrics-definitions.html, Service level X",
    ),
    _genesys("genesys_default", Name.GENESYS),
    _genesys("genesys_short_abandons_out", Name.GENESYS_SHORT_ABANDONS_OUT),
    _genesys("genesys_abandons_out", Name.GENESYS_ABANDONS_OUT),
    _genesys("genesys_flow_outs", Name.GENESYS_FLOW_OUTS),
    _genesys("genesys_flow_outs_short_abandons_out", Name.GENESYS_FLOW_OUTS_SHORT_ABANDONS_OUT),
    _genesys("genesys_flow_outs_abandons_out", Name.GENESYS_FLOW_OUTS_ABANDONS_OUT),
    Preset(
        name="talkdesk",
        vendor="Talkdesk",
        formula=Name.SHORT_ABANDONS_IGNORED,
        source="https://support.talkdesk.com/hc/en-us/articles/4409690831259-Service-Level",
    ),
    Preset(
        name="cxengage_default",
        vendor="CxEngage",
        formula=Name.SHORT_ABANDONS_IGNORED,
        threshold_seconds=20,
        short_abandon_seconds=20,
        source="https://data-docs.cxengage.net/Content/Statistics/ServiceLevel.htm",
    ),
    Preset(
        name="nethvoice",
        vendor="NethVoice",
        formula=Name.ANSWERED_OF_CALLERS,
        threshold_seconds=60,
        boundary=Boundary.BELOW,
        fixed=True,
        attribution="the interval of arrival at the PBX",
        source="nethesis/nethvoice-report views/performance_good.sql, performance_z_total.sql",
    ),
    Preset(
        name="queuemetrics_inclusive",
        vendor="QueueMetrics",
        formula=Name.ANSWERED_OF_OFFERED,
        source="QueueMetrics, inclusive SLA: by steps of the wait, over answered and unanswered calls",
    ),
)

PRESETS: Mapping[str, Preset] = {preset.name: preset for preset in _ALL}
