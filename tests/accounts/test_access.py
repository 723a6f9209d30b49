from __future__ import annotations

import pytest
from django.test import Client

from accounts.entities import User
from tests.accounts.fixtures import PASSWORD

LOGIN = "/accounts/login/"
HERE = "http://testserver"


@pytest.mark.parametrize(
    ("sent_from", "leads_to"),
    [
        (f"{HERE}/staff/people/deleted/?cursor=x", "/staff/people/deleted/%3Fcursor%3Dx"),
        ("https://example.org/staff/people/", "/accounts/"),
        ("", "/accounts/"),
    ],
)
def test_a_form_sent_after_the_session_leads_to_its_page_and_not_to_where_it_was_sent(
    alice: User, sent_from: str, leads_to: str
) -> None:
    client = Client(headers={"Referer": sent_from} if sent_from else {})
    answer = client.post(f"/staff/people/{alice.user_id}/restore/")
    assert answer.headers["Location"] == f"{LOGIN}?next={leads_to}"


def test_who_logs_in_again_gets_where_the_form_was(alice: User) -> None:
    address = f"/staff/people/{alice.user_id}/"
    client = Client(headers={"Referer": HERE + address})
    login = client.post(f"{address}deactivate/").headers["Location"]
    answer = client.post(login, {"email": alice.email, "password": PASSWORD}, follow=True)
    assert (answer.redirect_chain, answer.status_code) == ([(address, 302)], 200)


def test_a_part_of_a_page_is_answered_with_the_way_to_the_login_of_the_page() -> None:
    page = f"{HERE}/staff/people/deleted/?cursor=x"
    headers = {"HX-Request": "true", "HX-Current-URL": page}
    answer = Client(headers=headers).get("/staff/people/deleted/")
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == f"{LOGIN}?next=/staff/people/deleted/%3Fcursor%3Dx"
