"""Recognises the main language of most texts by their most common words; for other texts it returns nothing.

In running text at least every third word is one of a language's fifty most common. Looking these up takes a tenth of
the time of a letter model.
"""

import re
from collections import Counter

_FEWEST = 12
"""The least number of words; in a shorter text a name or a quotation weighs too much."""
_SHARE = 0.2
"""The least share of words that must be common in the language."""
_FEWEST_MARKS, _MARKS = 3, 0.06
"""The least number, and the least share in a text, of words that are common in one language only (its marks)."""
_FEWEST_PIECE_MARKS = 2
"""The least number of marks (words common in one language only) that show the language of a part of a text.

The language of a part that also has a mark of another language is not clear.
"""
_OTHER_MARKS = 0.1
"""The most marks (words common in one language only) of another language, as a share of the marks of the text's own
language; with more, the text is mixed.
"""

_COMMON = {
    "DE": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er "
    "hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis "
    "mehr durch man sein wurde wurden ihre ihr dieser diese kann können zwischen während gegen unter",
    "EN": "the of and to in a is that for it was on with as by at are this be from have has not or an were which will "
    "their been they who its but had more about also can new would you we our all one other these there between after "
    "into when than what over",
    "ES": "de la que el en y a los del se las por un para con no una su al lo como más o pero sus le ya fue este ha sí "
    "porque esta son entre está cuando muy sin sobre también hasta hay donde quien desde todo nos durante han",
    "FR": "de la le les et des en un du une que est pour qui a dans par plus pas au sur ne se ce il sont avec ou son "
    "aux d l s n qu c cette ses mais comme nous sa été leur leurs ont ces entre être fait vous elle après deux sans "
    "tous pendant contre depuis aussi ils elles où dont ainsi lors chez",
    "IT": "di e il la che in a per un del è non i le si una con da della dei al sono nel come più alla anche gli ha ma "
    "dal delle lo su se nella degli ai questo questa tra essere l d dalla sul stato hanno dell nell all dopo",
    "NL": "de van het een en in is dat op te zijn met voor die niet aan er om ook als dan maar bij of uit nog worden "
    "door naar heeft tot ze wordt hij werd over deze meer hebben kan al was hun waar geen tussen tegen zoals zich wel "
    "moet omdat dit wie hoe tijdens nieuwe",
    "PT": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu "
    "sua ou ser quando muito há nos já está eu também só pelo pela até isso são entre depois sem mesmo aos",
}
"""The most common words of languages, by their codes."""
_ELSEWHERE = (
    "van het met op te aan dat wat ook maar uit om die is in en as by was hoe der den de das er an mat zu so man la "
    "les el a un una que del es no si per com entre o os da e ao por para con sen lo los las se le sa sur i al for "
    "at to we on all ha som til have kan du vi men fra over under il ni mai care din ca cu su ma dos do mais"
)
"""Words that are also common in languages not listed here: Afrikaans, Catalan, Galician, Luxembourgish, Occitan,
Romanian and the languages of Scandinavia.
"""

_SETS = {code: frozenset(words.split()) for code, words in _COMMON.items()}
_LANGUAGES = {
    word: [code for code, words in _SETS.items() if word in words] for word in " ".join(_COMMON.values()).split()
}
"""The codes of the languages in which a word is common."""
_SHARED = frozenset(_ELSEWHERE.split())
_OWNERS = {word: codes[0] for word, codes in _LANGUAGES.items() if len(codes) == 1 and word not in _SHARED}
"""For each word that is common in one language only, the code of that language."""
_WORD = re.compile(r"[^\W\d_]+")


def find_language(text: str) -> str:
    """Return the code (ISO 639-1, in capitals) of the language of most of the text; parts may be in another language.
    Return an empty string if the language is not clear.
    """
    words = _WORD.findall(text.lower())
    owners = [_OWNERS.get(word, "") for word in words]
    marks = Counter(filter(None, owners)).most_common(2)
    if len(words) < _FEWEST or not marks:
        return ""
    (best, most), *others = marks
    if most < max(_FEWEST_MARKS, _MARKS * len(words)) or any(times > _OTHER_MARKS * most for _, times in others):
        return ""
    common = sum(best in _LANGUAGES.get(word, ()) for word in words)
    return best if common >= _SHARE * len(words) else ""


def is_plainly(code: str, text: str) -> bool:
    """Whether `text`, a few words from a text in the language `code`, is beyond doubt in that language too."""
    owners = Counter(_OWNERS.get(word, "") for word in _WORD.findall(text.lower()))
    del owners[""]
    return owners[code] >= _FEWEST_PIECE_MARKS and owners.total() == owners[code]
