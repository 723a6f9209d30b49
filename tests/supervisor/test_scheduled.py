"""Scheduled events, as AWS Lambda gets them and Zappa passes them on."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands

from accounts.entities import Actor, User
from accounts.removal import services as removal
from storage.configuration import configuration
from supervisor import notices, selectors, services
from supervisor.callbacks.sending import LONGEST_SECONDS
from supervisor.entities import Code
from tests.supervisor.test_services import ask, overdue

ROOT = Path(__file__).parents[2]
RUN = "from config.scheduled import sweep_requests; print(sweep_requests({}, None))"


class Context:
    """What Lambda says about the time that is left."""

    def __init__(self, seconds: float = 60) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


def event_of(function: str) -> dict[str, Any]:
    rule = f"arn:aws:events:eu-west-1:123456789012:rule/backroom-production-{function}"
    return {"detail-type": "Scheduled Event", "source": "aws.events", "resources": [rule]}


def run(function: str, context: Context | None = None) -> dict[str, int]:
    """The name is taken from the rule as Zappa does."""
    event = event_of(function)
    name = event["resources"][0].split("/")[-1].split("-")[-1]
    module, _, attribute = name.rpartition(".")
    found = getattr(importlib.import_module(module), attribute)
    assert len(inspect.getfullargspec(found).args) == 2, "others get no context"
    done: dict[str, int] = found(event, context or Context())
    assert json.loads(json.dumps(done)) == done
    return done


def documented() -> list[str]:
    text = (ROOT / "docs" / "operations.md").read_text()
    return re.findall(r'"function": "([\w.]+)", "expression": "rate\(\d minutes?\)"', text)


@pytest.mark.usefixtures("store")
def test_every_documented_event_has_a_function_and_a_command() -> None:
    found = documented()
    assert len(found) == 4
    for function in found:
        assert function.rpartition(".")[2] in get_commands()
        run(function)


def test_each_does_a_round_of_its_command(
    alice: User,
    steve: Actor,
    harbour: str,
    mailoutbox: list[Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    actor = replace(alice.actor, confirmed_at=datetime.now(UTC))
    notices.set_duty(actor=actor, on_duty=True)
    ask(steve, harbour, priority=6)
    late = overdue(ask(steve, harbour))
    assert run("config.scheduled.sweep_requests") == {"timed_out": 1, "lost": 0, "failed": 0}
    found = selectors.find_request(steve, store_id=harbour, request_id=late.id)
    assert found.code is Code.TIMEOUT
    told = {"sent": 1, "failed": 0, "lost": 0, "left": 0}
    assert run("config.scheduled.notify_supervisors") == told
    assert len(mailoutbox) == 1
    assert run("config.scheduled.forget_callers") == {"forgotten": 0}
    assert run("config.scheduled.deliver_webhooks", Context(5))["received"] == 0
    said = [vars(record)["fields"] for record in caplog.records if record.msg == "scheduled work"]
    assert said[0] == {"work": "sweep_requests", "timed_out": 1, "lost": 0, "failed": 0}


def test_a_removal_goes_on_as_far_as_there_is_time(alice: User, settings: Any) -> None:
    settings.REMOVAL_SETTLES_SECONDS = 0
    removal.delete_organisation(actor=Actor.system(org_id=alice.org_id))
    nothing = {"finished": 0, "unfinished": 0, "invitations": 0, "failed": 0}
    assert run("config.scheduled.finish_removals", Context(1)) == {**nothing, "unfinished": 1}
    assert run("config.scheduled.finish_removals") == {**nothing, "finished": 1}
    assert run("config.scheduled.finish_removals") == nothing


def test_no_call_is_begun_that_could_be_cut_off(alice: User, harbour: str) -> None:
    asked = services.ask(
        actor=alice.actor,
        store_id=harbour,
        raw={"header": "May he return it?"},
        callback_url="https://shop.example.com/hook",
    ).request
    services.cancel(actor=alice.actor, store_id=harbour, request_id=asked.id)
    done = run("config.scheduled.deliver_webhooks", Context(LONGEST_SECONDS))
    assert done == {
        **dict.fromkeys(("received", "postponed", "given_up", "lost", "failed"), 0),
        "left": 1,
    }


def test_a_mail_that_cannot_be_sent_is_a_warning(
    alice: User, steve: Actor, harbour: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    notices.set_duty(actor=alice.actor, on_duty=True)
    ask(steve, harbour, priority=6)
    settings.EMAIL_BACKEND = "nowhere.Backend"
    assert run("config.scheduled.notify_supervisors")["failed"] == 1
    (last,) = (record for record in caplog.records if record.msg == "scheduled work")
    assert last.levelname == "WARNING"


def test_an_event_may_be_the_first_thing_that_a_process_sees(steve: Actor, harbour: str) -> None:
    overdue(ask(steve, harbour))
    said = {"DYNAMODB_ENDPOINT": configuration().endpoint or "", "TABLE_PREFIX": "test-"}
    environment = {**os.environ, **said}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "-c", RUN]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "{'timed_out': 1, 'lost': 0, 'failed': 0}"
