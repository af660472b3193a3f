"""The names of `nural.learn` as tools read them; `__init__.py` says where each is loaded from."""

from nural.learn import checking as checking
from nural.learn import functions as functions
from nural.learn import language as language
from nural.learn import running as running
from nural.learn import verdict as verdict
from nural.learn.checking import check, check_file
from nural.learn.functions import FUNCTIONS
from nural.learn.language import speak
from nural.learn.running import NotLoaded
from nural.learn.verdict import Verdict, Verdicts

__all__ = ["FUNCTIONS", "NotLoaded", "Verdict", "Verdicts", "check", "check_file", "speak"]
