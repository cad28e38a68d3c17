"""Two years of a call centre on PostgreSQL: so many rows that a question that reads them all stands out.

Made in the database itself: what counts is how many rows there are, and how their values are spread.
"""

from datetime import UTC, datetime

from sqlalchemy import Connection

from adapters.store.partitions import MONTHLY, make_parts
from callcenter.codec import encode_event
from callcenter.domain.calls.events import CallOffered
from callcenter.domain.ids import LegId
from tests.support.agents import ALICE, PBX
from tests.support.heard import told
from tests.support.questions import SALES

START = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 730
VISITS = 60_000

_MICROSECONDS = round(START.timestamp()) * 1_000_000
_EVENT = encode_event(told(CallOffered, 0, leg=LegId("1.1"), queue=SALES)).hex()
_DAY = 86_400_000_000

_ROWS = f"""
CREATE TEMPORARY TABLE one ON COMMIT DROP AS SELECT
    i, i % 2 + 1 AS pbx, {_MICROSECONDS} + i * {DAYS * _DAY // VISITS}::bigint AS at, i || '.1' AS leg,
    CASE (i * 7) % 20 WHEN 7 THEN '{SALES}' ELSE 'q' || (i * 7) % 20 END AS queue,
    CASE (i * 13) % 200 WHEN 13 THEN '{ALICE}' ELSE 'agent' || (i * 13) % 200 END AS agent
FROM generate_series(0, {VISITS - 1}) AS i;

CREATE TEMPORARY TABLE quarters ON COMMIT DROP AS SELECT pbx, who, at
FROM generate_series(1, 2) AS pbx, generate_series(0, 19) AS who,
    generate_series({_MICROSECONDS}, {_MICROSECONDS + DAYS * _DAY - 1}, {_DAY // 2}) AS at;

CREATE TEMPORARY TABLE days ON COMMIT DROP AS SELECT
    (date '2025-01-01' + i / 200)::text AS day,
    CASE i % 200 WHEN 13 THEN '{ALICE}' ELSE 'agent' || i % 200 END AS agent
FROM generate_series(0, 99999) AS i;

INSERT INTO pbxs (name, wordings, recordings) VALUES ('other', {VISITS}, 1), ('{PBX}', {VISITS}, 1);
INSERT INTO callers (pbx_id, number, name) SELECT i % 2 + 1, i::text, '' FROM generate_series(0, 49999) AS i;
INSERT INTO legs SELECT pbx, leg, leg FROM one;
INSERT INTO visits (pbx_id, visit_id, call, leg, queue, ordinal, legs, caller_id, entered_at, outcome, wait_seconds,
    left_at, agent, agent_leg, ended_at, talk_seconds, hold_seconds, recordings, sources, evidence, is_open, is_long,
    is_unlinked)
SELECT pbx, leg || '~' || queue || '~1', leg, leg, queue, 1, '["' || leg || '"]', i % 50000 + 1, at,
    CASE WHEN i % 8 = 0 THEN 'abandoned' ELSE 'answered' END, 9, at + 9000000, CASE WHEN i % 8 > 0 THEN agent END, leg,
    at + 99000000, 90, 0, '[]', '["ami"]', decode('90', 'hex'), i % 50000 = 1, i % 10000 = 1, i % 10000 = 2 FROM one;
INSERT INTO ring_attempts (pbx_id, call, number, leg, queue, agent, rang_at, result, evidence)
SELECT pbx, leg, 0, leg, queue, agent, at, 'answered', decode('90', 'hex') FROM one;
INSERT INTO refusals SELECT pbx, leg, 0, leg, queue, at, 'FULL', decode('90', 'hex') FROM one WHERE i % 3 = 0;
INSERT INTO loose_ends SELECT pbx, leg, 0, 'open_wait', queue, at, NULL FROM one WHERE i % 3 = 0;
INSERT INTO anomalies SELECT pbx, leg, 0, 'odd' || i % 5, at, NULL, NULL, ''::bytea, '' FROM one WHERE i % 3 = 0;
INSERT INTO disagreements SELECT pbx, leg, 0, leg || '~' || queue || '~1', queue, at, 'wait_seconds', '1', '2'
FROM one WHERE i % 3 = 0;
INSERT INTO recording_links (pbx_id, visit_id, path, entered_at) SELECT pbx, leg || '~' || queue || '~1', '/a', at
FROM one WHERE i % 3 = 0;
INSERT INTO wordings SELECT pbx, i, 'ami', i, at, ''::bytea FROM one;
INSERT INTO events (pbx_id, occurred_at, event_id, type, source, leg, queue, wording, wording_index, payload)
SELECT pbx, at + k * 1000000, decode(lpad(to_hex(i * 2 + k), 32, '0'), 'hex'), 'call.offered', 'ami', leg, queue, i, 0,
    decode('{_EVENT}', 'hex') FROM one, generate_series(0, 1) AS k;
INSERT INTO events (pbx_id, occurred_at, event_id, type, source, interface, member, wording, wording_index, payload)
SELECT pbx, at + 5000000, decode(lpad(to_hex(i), 32, 'f'), 'hex'), 'agent.paused', 'ami', agent, agent, i, 0,
    decode('{_EVENT}', 'hex') FROM one WHERE i % 3 = 0;
INSERT INTO queue_intervals SELECT pbx, 'q' || who, at, '{{}}' FROM quarters;
INSERT INTO agent_intervals SELECT pbx, 'agent' || who, at, '{{}}' FROM quarters;
INSERT INTO spells (pbx_id, agent, day, number, kind, started_at, ended_at, is_long)
SELECT pbx, agent, (date '2025-01-01' + i / 120)::text, i, 'paused', at, at + 60000000, i % 5000 = 0
FROM one WHERE i % 3 = 0;
INSERT INTO agent_days SELECT pbx, agent, day, '{{}}' FROM days, generate_series(1, 2) AS pbx;
INSERT INTO qa_draws SELECT 1, day, agent, 's', 9 FROM days;
INSERT INTO qa_samples SELECT 1, day, agent, 0, agent || day FROM days;
INSERT INTO stale_marks SELECT 1, 'queue', 'q' || i % 20, i, i FROM generate_series(0, 49999) AS i;
ANALYZE
"""


def fill(connection: Connection) -> None:
    """Put all of it into empty tables, and let the server count."""
    instants = [_MICROSECONDS + day * _DAY for day in range(0, DAYS + 1, 14)]
    for table in MONTHLY:
        columns = table.columns.keys()
        make_parts(connection, table, [tuple(at for _ in columns) for at in instants])
    for statement in _ROWS.split(";\n"):
        connection.exec_driver_sql(statement)
