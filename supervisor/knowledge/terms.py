"""The words that articles are found by, and how well an article fits a question. Pure.

A term is a word without case and accents, and without the ending that tells one from many: "Sizes"
and "size" are the same term, and so are "devoluciones" and "devolución".
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catalog.words import words
from supervisor.knowledge.entities import Content, Terms

# An article and its entry of the history come with at most twice as many entries of words, of
# which half go and half come: 92 of the hundred actions that a transaction takes.
MOST_TERMS = 45
# Each is a query.
MOST_LOOKED_UP = 6
LOOKED_UP_OF_ONE = 40
_SHORTEST_INFLECTED = 4
_IN_HEADER = 3.0
_IN_TITLE = 3.0

# Words that questions are made of, in English and Spanish, as `words` gives them.
_OF_EVERY_QUESTION = frozenset(
    (
        "am are as at be been but by can could did do does had has have he her his how i if is it"
        " its may me must my no not our out she should so than that their them then there they this"
        " was we were what when where which who why will would yes you your"
        " algo como cual cuando donde e ella ellos era es esa ese eso esta este esto estan estar"
        " fue ha hace hacer hay he le les lo mas me mi muy nos o otra otro pero podemos porque"
        " puede pueden puedo que quien se ser si sin sobre son soy su sus te tiene tienen tu ya yo"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Posting:
    """What an entry of a word says about an article: enough to weigh the whole of it."""

    article_id: str
    store_id: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class Query:
    """Terms and what each weighs. Those `looked_up` find articles, all of them weigh."""

    weights: Mapping[str, float]

    @property
    def looked_up(self) -> tuple[str, ...]:
        """The weightiest, and of these the longest, which are the rarest."""
        ordered = sorted(self.weights, key=lambda term: (-self.weights[term], -len(term), term))
        return tuple(ordered[:MOST_LOOKED_UP])


def terms_in(text: str) -> list[str]:
    """Distinct ones in order of appearance, without those of every question."""
    plain = (word for word in words(text) if word not in _OF_EVERY_QUESTION)
    return list(dict.fromkeys(map(_without_ending, plain)))


def terms_of(content: Content) -> Terms:
    """At most MOST_TERMS: title and tags first, then what the text says most often."""
    title = terms_in(" ".join((content.title, *sorted(content.tags))))[:MOST_TERMS]
    counts = Counter(term for line in content.text.split() for term in terms_in(line))
    text = [term for term, _count in counts.most_common() if term not in set(title)]
    return Terms(frozenset(title), frozenset(text[: MOST_TERMS - len(title)]))


def query_of(header: str, body: str = "") -> Query:
    """Words of the header weigh more than others."""
    weights = dict.fromkeys(terms_in(body), 1.0)
    return Query({**weights, **dict.fromkeys(terms_in(header), _IN_HEADER)})


def ranked(query: Query, found: Mapping[str, Iterable[Posting]]) -> list[Posting]:
    """Best first, each article once. `found` holds the postings by the term that led to them; the
    fewer a term led to, the more it says. Of equals the first one found comes first."""
    rarity = {}
    articles: dict[str, Posting] = {}
    for term, postings in found.items():
        seen = list(postings)
        count = min(max(1, len(seen)), LOOKED_UP_OF_ONE)
        rarity[term] = math.log(1 + LOOKED_UP_OF_ONE / count)
        for posting in seen:
            articles.setdefault(posting.article_id, posting)
    commonest = math.log(2)

    def score(posting: Posting) -> float:
        return sum(
            weight * rarity.get(term, commonest) * (_IN_TITLE if term in posting.terms.title else 1)
            for term, weight in query.weights.items()
            if term in posting.terms.title or term in posting.terms.text
        )

    return sorted(articles.values(), key=score, reverse=True)


def fits(query: Query, posting: Posting) -> bool:
    """Whether it is worth offering: a word of its title was asked about, or several of its text."""
    asked = query.weights.keys()
    return bool(asked & posting.terms.title) or len(asked & posting.terms.text) > 1


def _without_ending(word: str) -> str:
    if len(word) < _SHORTEST_INFLECTED or word.isdecimal():
        return word
    if word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return word.removesuffix("e")
