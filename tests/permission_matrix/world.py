"""Alice's shop with people of every kind, and things in it to ask for."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from django.test import Client

from accounts import passwords, repository
from accounts import services as services_of_accounts
from accounts.addresses import change, sign_up
from accounts.api_tokens import services as api_tokens
from accounts.entities import Actor, User, normalise_email
from accounts.models import AuthUser
from accounts.people import invitations, managing
from accounts.permissions import CustomRole
from accounts.removal import services as removal
from accounts.removal.links import issue_restore_link
from accounts.reset_links import issue_reset_link
from accounts.roles import services as roles
from accounts.sessions import SessionStore
from accounts.stores import services as stores
from accounts.stores.entities import Store
from catalog import services
from catalog.imports import jobs
from storage.transactions import Transaction
from supervisor import canned_answers, response_times
from supervisor import services as requests
from supervisor.callbacks import signing_secrets
from supervisor.entities import Urgency
from supervisor.knowledge import services as knowledge
from tests.accounts.browsers import key_of
from tests.accounts.fixtures import PASSWORD
from tests.accounts.second_factors import switch_on
from tests.catalog.api_client import Api

_numbers = count(1)
# Words of Alice's organisation that no public page has; so names of things begin with the last.
SECRETS = ("Alice&#x27;s Shop", "Alice&#39;s Shop", "Alice's Shop", "alice@example.com", "Secret")


class World:
    """`asking` is who sends the next request. Every thing is of Alice's organisation, and a new one
    each time it is asked for, unless it is one that was `kept`."""

    def __init__(self, alice: User, charlie: User) -> None:
        self.alice = alice
        self.actor = replace(alice.actor, confirmed_at=datetime.now(UTC))
        for owner in (self.actor, replace(charlie.actor, confirmed_at=self.actor.confirmed_at)):
            signing_secrets.replace_secret(actor=owner)
        nothing = roles.add_role(actor=self.actor, name="Secret nothing")
        self.people = {
            "outsider": charlie,
            "limited": self.colleague("Lea", (nothing.role_id,)),
            "member": self.colleague("Mia", ("staff",)),
            "elsewhere": self.colleague("Eva", ("manager",), frozenset({"STORE-elsewhere"})),
            "owner": alice,
        }
        self.asking = "anonymous"
        self._clients: dict[str, Client] = {}
        self._apis: dict[str, Api] = {}
        self._kept: dict[Callable[[World], str], str] = {}

    def client(self, *, alone: bool) -> Client:
        if alone:
            return self._client()
        if self.asking not in self._clients:
            self._clients[self.asking] = self._client()
        return self._clients[self.asking]

    def api(self, *, alone: bool) -> Api:
        if alone:
            return Api(self.people.get(self.asking))
        if self.asking not in self._apis:
            self._apis[self.asking] = Api(self.people.get(self.asking))
        return self._apis[self.asking]

    def kept(self, make: Callable[[World], str]) -> str:
        """For requests that change nothing."""
        if make not in self._kept:
            self._kept[make] = make(self)
        return self._kept[make]

    def _client(self) -> Client:
        client = Client(raise_request_exception=False)
        if self.asking in self.people:
            client.force_login(AuthUser.of(self.people[self.asking]))
        return client

    def colleague(
        self, name: str, given: tuple[str, ...], stores: frozenset[str] | None = None
    ) -> User:
        email = f"{name.lower()}.secret@example.com"
        user = replace(
            self.alice,
            user_id=User.new_id(),
            name=name,
            email=email,
            email_key=normalise_email(email),
            password=passwords.hashed(PASSWORD),
            credential_stamp=User.new_stamp(),
            roles=given,
            stores=stores,
            version=None,
        )
        transaction = Transaction()
        repository.add_user(transaction, user)
        transaction.commit()
        return user

    # Things

    def product(self) -> str:
        """A draft."""
        return self._product(sku=unused("S"), name="Secret mug")

    def public_product(self) -> str:
        return self._product(sku=unused("P"), name="Mug", **_PUBLIC)

    def sku_of_public_product(self) -> str:
        sku = unused("P")
        self._product(sku=sku, name="Mug", **_PUBLIC)
        return sku

    def category(self) -> str:
        self.public_product()
        return "kitchen"

    def brand(self) -> str:
        self.public_product()
        return "acme"

    def job(self) -> str:
        """An uploaded file, with a row that has errors."""
        file = io.BytesIO(b"sku,name,price,currency\nJ-1,Secret mug,1,EUR\n,,,\n")
        return jobs.start_job(actor=self.actor, file=file, name="secret.csv").id

    def reset_link(self) -> str:
        return issue_reset_link(actor=self.actor, user=self.alice).token

    def session(self) -> str:
        """One of Alice's."""
        client = Client()
        client.force_login(AuthUser.of(self.alice))
        login = SessionStore(key_of(client)).login
        assert login is not None
        return login.id

    def person(self) -> str:
        """Staff."""
        return self.colleague(unused("Person"), ("staff",)).user_id

    def secured_person(self) -> str:
        """Staff, with a second factor."""
        user = self.colleague(unused("Person"), ("staff",))
        switch_on(user)
        return user.user_id

    def deleted_person(self) -> str:
        user_id = self.person()
        managing.delete_person(actor=self.actor, user_id=user_id)
        return user_id

    def invitation(self) -> str:
        return self._invitation()[0]

    def invitation_link(self) -> str:
        return self._invitation()[1]

    def store(self) -> str:
        return self._store().store_id

    def deleted_store(self) -> str:
        store_id = self._store().store_id
        stores.delete_store(actor=self.actor, store_id=store_id, version=1)
        return store_id

    def api_token(self) -> str:
        """One of Alice's."""
        token, _ = api_tokens.make_token(
            actor=self.actor,
            owner=self.alice,
            name="Secret robot",
            scopes=("catalog.view_product",),
            expires_at=datetime.now(UTC) + timedelta(days=1),
        )
        return token.token_id

    def email_link(self) -> str:
        """By which Alice moves to another address."""
        links: list[str] = []
        change.request_email_change(
            actor=self.actor,
            user=self.alice,
            email=f"{unused('alice')}@example.com",
            client_address=unused("client"),
            absolute=_kept_in(links),
        )
        return _last_part(links[0])

    def sign_up_link(self) -> str:
        links: list[str] = []
        sign_up.request_sign_up(
            email=f"{unused('new')}@example.com",
            name="Nina",
            organisation_name="New",
            client_address=unused("client"),
            absolute=_kept_in(links),
        )
        return _last_part(links[0])

    def restore_link(self) -> str:
        """Of an organisation of its own, which is deleted."""
        owner = services_of_accounts.sign_up(
            email=f"{unused('gone')}@example.com", password=PASSWORD, organisation_name="Gone"
        )
        organisation = removal.delete_organisation(actor=Actor.system(org_id=owner.org_id))
        removal.work_on(owner.org_id)
        return issue_restore_link(organisation, owner).token

    def role(self) -> str:
        return self._role().role_id

    def deleted_role(self) -> str:
        role = self._role()
        roles.delete_role(actor=self.actor, role_id=role.role_id, version=1)
        return role.role_id

    def article(self) -> str:
        """Of the whole organisation."""
        raw = {"title": unused("Secret article"), "text": "Secret"}
        return knowledge.create_article(actor=self.actor, raw=raw).article.id

    def deleted_article(self) -> str:
        article_id = self.article()
        knowledge.delete_article(actor=self.actor, article_id=article_id, version=1)
        return article_id

    def shop(self) -> str:
        """The store of all requests."""
        return self.kept(World.store)

    def request(self) -> str:
        raw = {"header": unused("Secret question")}
        asked = requests.ask(actor=self.actor, store_id=self.shop(), raw=raw)
        return asked.request.id

    def answered_request(self) -> str:
        request_id = self.request()
        requests.answer(
            actor=self.actor, store_id=self.shop(), request_id=request_id, text="Secret"
        )
        return request_id

    def store_with_response_times(self) -> str:
        store_id = self.store()
        response_times.change_response_times(
            actor=self.actor,
            store_id=store_id,
            version=0,
            minutes=dict.fromkeys(Urgency, 60),
            only_opening_hours=False,
        )
        return store_id

    def canned_answer(self) -> str:
        return canned_answers.add_canned_answer(
            actor=self.actor, title=unused("Secret answer"), text="Secret"
        ).id

    def _invitation(self) -> tuple[str, str]:
        """Its id and the token of its link."""
        tokens: list[str] = []
        sent = invitations.invite_person(
            actor=self.actor,
            email=f"{unused('guest')}@example.com",
            roles=("viewer",),
            stores=None,
            link_to=_kept_in(tokens),
        )
        return sent.invitation.invitation_id, tokens[0]

    def _store(self) -> Store:
        said = {"name": unused("Secret store"), "time_zone": "Europe/Madrid"}
        return stores.create_store(actor=self.actor, said=said).store

    def _role(self) -> CustomRole:
        return roles.add_role(actor=self.actor, name=unused("Secret role"))

    def _product(self, **raw: str) -> str:
        values = {"price": "1", "currency": "EUR", **raw}
        return services.create_product(actor=self.actor, raw=values).product.id


_PUBLIC = {"status": "public", "brand": "Acme", "category": "Kitchen"}


def _kept_in(heard: list[str]) -> Callable[[str], str]:
    """Instead of making an address of it."""

    def absolute(said: str) -> str:
        heard.append(said)
        return f"https://shop.example.com{said}"

    return absolute


def _last_part(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def fixed(text: str) -> Callable[[World], str]:
    return lambda _world: text


def unused(prefix: str) -> str:
    """A name or number that nothing has yet."""
    return f"{prefix}-{next(_numbers)}"
