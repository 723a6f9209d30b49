"""What the supervisor queue can answer when the answer is no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from storage.domain import Conflict, Invalid, LostRace, NotFound

if TYPE_CHECKING:
    from supervisor.entities import Request
    from supervisor.notice_entities import Notices
    from supervisor.settings_entities import CannedAnswer, ResponseTimes


class RequestNotFound(NotFound):
    """Also for other organisations' requests, and those of stores that one does not reach."""

    code = "request_not_found"
    message = _("There is no such request.")


class InvalidRequest(Invalid):
    """`fields` says what is wrong with each."""

    code = "invalid_request"
    message = _("This request cannot be accepted.")


class StepRefused(Conflict):
    """`current` is the request as it is now."""

    code = "step_refused"

    def __init__(self, message: object, current: Request) -> None:
        super().__init__(message)
        self.current = current


class SomebodyIsOnIt(StepRefused):
    code = "somebody_is_on_it"


class TooManyAdditions(StepRefused):
    code = "too_many_additions"

    def __init__(self, current: Request) -> None:
        super().__init__(
            _("Ten things have been added to this question, which is the most. Ask anew."), current
        )


class RequestChanged(LostRace):
    """Something happened since the version that was seen."""

    code = "request_changed"
    message = _("Somebody else changed this request in the meantime.")
    current: Request


class CannotBeAssigned(Invalid):
    """Whoever it is may not answer there, or is not there."""

    code = "cannot_be_assigned"
    message = _("This person may not answer requests of this store.")

    def __init__(self) -> None:
        super().__init__(fields={"user_id": [self.message]})


class StoreNotInUse(Invalid):
    code = "store_not_in_use"
    message = _("This store is not in use.")

    def __init__(self, field: str) -> None:
        super().__init__(fields={field: [self.message]})


class ResponseTimesChanged(LostRace):
    code = "response_times_changed"
    message = _("Somebody else changed these response times in the meantime.")
    current: ResponseTimes


class CannedAnswerNotFound(NotFound):
    """Also for those of other organisations."""

    code = "canned_answer_not_found"
    message = _("There is no such canned answer.")


class CannedAnswerChanged(LostRace):
    code = "canned_answer_changed"
    message = _("Somebody else changed this answer in the meantime.")
    current: CannedAnswer


class TooManyCannedAnswers(Conflict):
    code = "too_many_canned_answers"
    message = _("There are 200 canned answers, which is the most. Delete one that nobody needs.")


class NoticesChanged(LostRace):
    code = "notices_changed"
    message = _("You changed this elsewhere in the meantime.")
    current: Notices
