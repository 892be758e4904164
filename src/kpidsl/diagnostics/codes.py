"""Every code a diagnostic may carry: its title here, its page in the folder `explain` beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

CODES: Mapping[str, str] = MappingProxyType(
    {
        "K0000": "the spec has errors, and nothing was evaluated",
        # reading the text of a spec
        "K0101": "a word or sign stands where it cannot",
        "K0102": "something is opened and not closed",
        "K0103": "a text is not quoted as it must be",
        "K0104": "a date that does not exist, or a period that ends before it begins",
        "K0105": "nested too deeply",
        "K0106": "`at end` or `at start` without an aggregation before it",
        "K0107": "a table of given rows that is no table",
        "K0108": "a spec file that is not UTF-8",
        "K0109": "a value that has no meaning here",
        "K0110": "a file or statement that is too large",
        "K0111": "more syntax errors than are shown",
        # names
        "K0201": "declared twice",
        "K0202": "a name that has a meaning of its own",
        "K0203": "there is no such source",
        "K0204": "there is no such metric, KPI or goal",
        "K0205": "`namespace` is not the first line of its file",
        "K0206": "a name that is not written as names are",
        "K0207": "a param that is not declared, or set to what it cannot be",
        "K0208": "a definition that goes round in a ring",
        "K0209": "files that import each other in a ring",
        "K0210": "a file to import is not there",
        # what a spec means
        "K0301": "a declaration without its value or data",
        "K0302": "a format or range on a column that takes none",
        "K0303": "a word or name of another kind than is expected",
        "K0304": "a number, text or condition where another is expected",
        "K0305": "an expression over rows outside of an aggregation",
        "K0306": "an aggregation or window inside an expression over rows",
        "K0307": "`k of n` outside of a survey measure",
        "K0308": "there is no such function",
        "K0309": "arguments that a function cannot use",
        "K0310": "units that do not fit",
        "K0311": "there is no such unit or type",
        "K0312": "many values where one is expected",
        "K0313": "an aggregation that names no source",
        "K0320": "a source without a time column",
        "K0321": "a value without a window",
        "K0322": "`each` without a window around it",
        "K0323": "a window with none before it to compare with",
        "K0324": "what becomes of a period that is not over",
        "K0330": "a window or length of time that does not exist",
        "K0331": "`period to date` outside of an objective",
        "K0332": "there is no such time zone",
        "K0333": "a calendar that leaves something open or contradicts itself",
        "K0334": "holidays that are not known",
        "K0340": "nothing to split by a dimension",
        "K0341": "a dimension that the metric does not allow",
        "K0350": "a target that gives no judgement",
        "K0351": "bands that contradict each other",
        "K0352": "a target that no value can meet",
        # what is sound and hardly meant
        "K0360": "a sum that counts the same thing twice",
        "K0361": "a mean or sum of ratios",
        "K0362": "a target of the whole that also judges its parts",
        "K0363": "a target that every value meets",
        "K0364": "an `amber` that nothing can be",
        "K0365": "a shift that does not fit its window",
        "K0366": "a trend in smaller steps than its window",
        "K0367": "hours asked of rows that only know their day",
        "K0368": "`at end` of keys that do not report together",
        "K0369": "a filter that no row passes",
        "K0370": "a derived column that hides another",
        "K0371": "a KPI without a target",
        "K0372": "a declaration that nothing uses",
        "K0373": "an objective or outcome on no map",
        "K0374": "a point that may be meant to separate thousands",
        # objectives and key results
        "K0380": "an objective without a period",
        "K0381": "a period that is not fixed",
        "K0382": "an objective without key results",
        "K0383": "a key result with no aim, or with two",
        "K0384": "a change that says neither by how much nor to what",
        "K0385": "`from`, `by` and `to` that do not agree",
        "K0386": "a direction that its numbers go against",
        "K0387": "a change of a percentage that may mean two things",
        "K0388": "a change in what its value is not measured in",
        "K0389": "a target that is met before the work begins",
        "K0390": "a target with no start to measure the way from",
        "K0391": "a key result without a single day",
        "K0392": "an item dated outside of its key result's time",
        "K0393": "a confidence outside of its scale",
        "K0394": "weights that are all 0",
        "K0395": "a key result that tells what is done, not what changes",
        "K0396": "a path that cannot be taken",
        "K0397": "a time of reaching that this aim does not have",
        "K0398": "a baseline restated where there is none, or twice",
        # what is to be computed
        "K0401": "more periods than are computed",
        # outcomes, policies, scorecards
        "K0410": "an outcome without what it is judged by",
        "K0411": "a level that the outcome does not have",
        "K0412": "evidence that is not either measured or judged",
        "K0413": "levels that contradict each other",
        "K0414": "a level that no evidence can reach",
        "K0415": "more evidence is needed than there is",
        "K0416": "a strength outside of its scale",
        "K0417": "a spread that tells nothing",
        "K0418": "observable outside of the horizon",
        "K0419": "judged before the horizon begins",
        "K0420": "a policy without a rule",
        "K0421": "a policy that reads more than it may",
        "K0422": "policy rules that contradict each other",
        "K0423": "a scorecard that shows nothing",
        # samples
        "K0450": "codes without the scale they are on",
        "K0451": "a measure of coded material in the wrong form",
        "K0452": "an interval that does not fit the value",
        "K0453": "a level of confidence outside of its scale",
        # signals and forecasts
        "K0470": "a signal or forecast without a trend",
        "K0471": "statistics of a running total",
        "K0472": "statistics of values that share their rows",
        "K0473": "a signal or forecast there is not",
        "K0474": "a trend too short for what looks at it",
        "K0475": "a baseline that does not stay, or a chart rebased without order",
        "K0476": "a forecast that does not say what it continues, or until when",
        # SMART
        "K0500": "a goal that is not specific",
        "K0501": "a goal that is not measurable",
        "K0502": "a goal that is not known to be achievable",
        "K0503": "a goal that is not relevant to anything",
        "K0504": "a goal that is not bound to a time",
        # reading data
        "K0600": "something outside of the spec failed",
        "K0601": "a data file is not there",
        "K0602": "a data file cannot be opened or decoded",
        "K0603": "a row that cannot be read",
        "K0604": "a value that is not of its column's type",
        "K0605": "a column is not there",
        "K0606": "an empty data file",
        "K0607": "a file outside the folder an untrusted spec may read",
        "K0608": "a table is not in its database",
        "K0609": "a table of the calling program is not given",
        "K0610": "a number too large to be exact",
        "K0611": "a key that is not unique",
        "K0612": "a join that finds more than one row",
        "K0613": "an infinite number",
        # results
        "K0700": "a declaration that this version does not evaluate",
        "K0701": "red, and nothing is done about it",
        "K0702": "a check-in that cannot be used",
        # plugins and providers
        "K0801": "a plugin that cannot be loaded",
        "K0802": "there is no such provider",
        "K0803": "an option that a provider cannot use",
        "K0804": "two plugins give the same",
        "K0805": "a hook that does not exist",
        "K0806": "a hook that failed",
        "K0807": "a plugin is named that is not installed",
        "K0808": "a plugin gives what cannot be used",
    }
)


def explain(code: str) -> str | None:
    """The page of a code (Markdown), in whatever case it is typed; None for a code there is none of."""
    name = code.strip().upper()
    if name not in CODES:
        return None
    page = files("kpidsl.diagnostics").joinpath("explain", f"{name}.md")
    return page.read_text("utf-8") if page.is_file() else None
