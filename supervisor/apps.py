from django.apps import AppConfig


class SupervisorConfig(AppConfig):
    name = "supervisor"

    def ready(self) -> None:
        from accounts.management.demo import contribute
        from accounts.permissions import declare
        from accounts.personal_data.keepers import keep_personal_data
        from accounts.removal.followers import follow_organisations
        from accounts.stores.followers import follow_stores
        from supervisor import board_tables, settings_tables, tables  # noqa: F401  # registers them
        from supervisor.board_removal import Counters
        from supervisor.callbacks import tables as callback_tables  # noqa: F401
        from supervisor.knowledge import tables as knowledge_tables  # noqa: F401
        from supervisor.knowledge.own_data import ArticlesKeeper
        from supervisor.knowledge.removal import Articles, remove_some_of_store
        from supervisor.management.demo import add_requests
        from supervisor.notice_removal import NoticesOfPeople
        from supervisor.own_data import NoticesKeeper, RequestsKeeper
        from supervisor.permissions import PERMISSIONS
        from supervisor.removal import (
            Requests,
            RequestSettings,
            RequestsOfStore,
            remove_with_stores,
        )

        declare(PERMISSIONS)
        contribute(add_requests)
        keep_personal_data(RequestsKeeper())
        keep_personal_data(ArticlesKeeper())
        keep_personal_data(NoticesKeeper())
        follow_organisations(Articles())
        follow_stores(RequestsOfStore())
        remove_with_stores(remove_some_of_store)
        follow_organisations(Requests())
        follow_organisations(RequestSettings())
        follow_organisations(NoticesOfPeople())
        # After the requests: what still happens to one is counted.
        follow_organisations(Counters())
