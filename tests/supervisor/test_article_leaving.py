"""What becomes of articles when their author, or their organisation, leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from accounts.entities import User
from accounts.personal_data.erasure import erase_person, work_on
from accounts.personal_data.export import document_of
from accounts.removal import runner
from accounts.removal import services as removal
from accounts.removal.runner import Outcome
from storage.scanning import count_items
from supervisor.knowledge import repository, selectors, services
from supervisor.knowledge.tables import ArticleItem
from tests.accounts.actions import change, stored
from tests.accounts.people.company import acting
from tests.accounts.removal.shops import delete, server
from tests.supervisor.test_articles import RETURNS, search, write


def test_of_a_destroyed_organisation_no_word_is_left(
    alice: User, charlie: User, settings: Any
) -> None:
    settings.REMOVAL_SETTLES_SECONDS = 0
    theirs = write(charlie.actor, "Refund")
    before = count_items(ArticleItem.physical_name())
    for number in range(12):
        made = write(alice.actor, f"Refund {number}", " ".join(f"w{each}x" for each in range(50)))
        if number % 3 == 0:
            services.delete_article(actor=alice.actor, article_id=made.id, version=1)
    delete(alice)
    assert sum(map(len, repository.every_article(alice.org_id))) == 12
    removal.destroy_organisation(actor=server(alice.org_id), name="Alice's Shop")
    assert runner.work_on(alice.org_id) is Outcome.DONE
    assert count_items(ArticleItem.physical_name()) == before
    assert selectors.find_article(charlie.actor, article_id=theirs.id)


def test_who_is_erased_is_no_author_any_more(alice: User, bob: User) -> None:
    author = replace(alice.actor, user_id=bob.user_id, name=bob.name)
    made = services.create_article(actor=author, raw=RETURNS).article
    write(alice.actor, "Parking")
    exported = orjson.loads(b"".join(document_of(bob)))["articles"]["articles_you_wrote"]
    assert [one["title"] for one in exported] == [RETURNS["title"]]
    change(replace(stored(bob), deleted_at=datetime.now(UTC)))
    assert work_on(erase_person(actor=acting(alice), user=stored(bob)))
    left = selectors.find_article(alice.actor, article_id=made.id)
    assert (left.author.user_id, left.author.name) == (bob.user_id, "")
    assert left.content == made.content
    assert search(alice.actor, "receipt") == [RETURNS["title"]]
