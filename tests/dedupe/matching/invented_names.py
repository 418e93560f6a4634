"""Names to invent people from: common ones by falling frequency, rare ones put together from syllables."""

from __future__ import annotations

from functools import cache
from itertools import accumulate
from random import Random

_MEN = """
michael james john robert david jose william christopher daniel joshua anthony matthew andrew joseph juan kevin luis
brian carlos eric marcus jason ryan brandon jonathan timothy thomas steven charles richard antonio jesus miguel
nicholas tyler justin jeremy aaron terrence darnell jamal tyrone andre malik devin darius hector victor francisco
manuel ricardo eduardo fernando oscar jorge mario raul pedro alejandro roberto sergio javier cesar edgar omar dwayne
reginald curtis leroy willie clarence ernest raymond lawrence gerald kenneth ronald donald gary larry dennis walter
peter harold douglas henry carl arthur albert joe jack billy bruce wayne ralph roy eugene louis philip bobby johnny
gregory patrick samuel benjamin nathan zachary kyle jordan dylan logan ethan noah mason isaiah elijah xavier trevor
cody dustin travis shane derek chad wesley corey adrian ivan ruben martin gabriel diego angel emmanuel khalil hassan
ahmed mohamed tuan minh duc wei ming kenji dmitri sergei piotr tomasz kofi kwame
"""
_WOMEN = """
maria jennifer jessica ashley elizabeth sarah amanda stephanie nicole melissa michelle patricia linda barbara karen
lisa angela tiffany crystal brittany latoya keisha shanice ebony jasmine destiny alexis brianna kayla taylor samantha
danielle rachel lauren megan emily hannah victoria vanessa gabriela guadalupe rosa carmen ana teresa leticia
yolanda veronica sandra monica diana claudia adriana alejandra isabel lucia elena sofia daniela andrea mariana
katherine christine rebecca laura kimberly amy heather dawn tammy tonya wanda gloria dorothy shirley betty helen
donna carol ruth sharon deborah cynthia kathleen brenda pamela debra janet catherine frances ann joyce alice julie
evelyn joan christina rose beverly denise marilyn theresa beatrice sheila gail tracy dana april valerie renee
monique yvette latasha tamika aaliyah imani nia zoe grace chloe olivia emma ava mia fatima amina aisha leila thuy
linh mai lan hong mei ling yuki sakura olga svetlana magdalena agnieszka
"""
_FAMILIES = """
smith johnson williams brown jones garcia rodriguez martinez hernandez lopez gonzalez davis miller wilson perez
anderson thomas taylor moore jackson martin lee thompson white harris sanchez clark ramirez lewis robinson walker
young allen king wright scott torres nguyen hill flores green adams nelson baker hall rivera campbell mitchell carter
roberts gomez phillips evans turner diaz parker cruz edwards collins reyes stewart morris morales murphy cook rogers
gutierrez ortiz morgan cooper peterson bailey reed kelly howard ramos kim cox ward richardson watson brooks chavez
wood james bennett gray mendoza ruiz hughes price alvarez castillo sanders patel myers long ross foster jimenez
powell jenkins perry russell sullivan bell coleman butler henderson barnes gonzales fisher vasquez simmons romero
jordan patterson alexander hamilton graham reynolds griffin wallace moreno west cole hayes bryant herrera gibson
ellis tran medina aguilar stevens murray ford castro marshall owens harrison fernandez mcdonald woods washington
kennedy wells vargas henry chen freeman webb tucker guzman burns crawford olson simpson porter hunter gordon mendez
silva shaw snyder mason dixon munoz hunt hicks holmes palmer wagner black robertson boyd rose stone salazar fox warren
"""
_HEADS = """
al an bar bel ber bran cal car chel cor dal del dor el fen gar gil hal har hol jan kal ker lan lem mal mar mer nor ol os
pal pen quin ral ren ros sal sel shan tal ter thor val ver wal wes win yar zel
"""
_MIDDLES = "a e i o u an en in on ar er ir or al el il am em ist ov ac ed ig und ell ess itt"
_TAILS = """
berg by dale don field ford ham ington land ley man mont more ner rick row sen son stad ston ton ville well wick worth
ski vich ez os ani elli ard
"""
# Short forms as they are really used; some are unknown to the engine on purpose.
SHORT_FORMS = {
    "michael": ["mike", "mikey", "mick"], "james": ["jim", "jimmy", "jay"], "john": ["johnny", "jack"],
    "robert": ["rob", "bob", "bobby"], "david": ["dave"], "jose": ["pepe", "joe"], "william": ["bill", "will", "billy"],
    "christopher": ["chris", "topher"], "daniel": ["dan", "danny"], "joshua": ["josh"], "anthony": ["tony"],
    "matthew": ["matt"], "andrew": ["andy", "drew"], "joseph": ["joe", "joey"], "juan": ["john", "juanito"],
    "carlos": ["charlie"], "jonathan": ["jon"], "timothy": ["tim"], "thomas": ["tom", "tommy"], "steven": ["steve"],
    "charles": ["chuck", "charlie"], "richard": ["rick", "rich"], "antonio": ["tony"], "jesus": ["chuy"],
    "nicholas": ["nick"], "terrence": ["terry"], "francisco": ["frank", "paco", "pancho"], "manuel": ["manny"],
    "ricardo": ["rick", "ricky"], "eduardo": ["eddie", "lalo"], "alejandro": ["alex"], "roberto": ["beto"],
    "reginald": ["reggie"], "lawrence": ["larry"], "kenneth": ["ken", "kenny"], "ronald": ["ron"], "samuel": ["sam"],
    "benjamin": ["ben", "benji"], "nathan": ["nate"], "zachary": ["zach"], "gabriel": ["gabe"], "emmanuel": ["manny"],
    "maria": ["mari", "mary"], "jennifer": ["jen", "jenny"], "jessica": ["jess"], "elizabeth": ["liz", "beth", "betty"],
    "amanda": ["mandy"], "stephanie": ["steph"], "patricia": ["pat", "trish"], "barbara": ["barb"],
    "angela": ["angie"], "danielle": ["dani"], "victoria": ["vicky", "tori"], "guadalupe": ["lupe", "lupita"],
    "teresa": ["terry"], "leticia": ["letty"], "veronica": ["ronnie", "vero"], "sandra": ["sandy"],
    "katherine": ["kathy", "katie", "kate"], "christine": ["chris", "tina"], "rebecca": ["becky"],
    "kimberly": ["kim"], "deborah": ["debbie", "deb"], "cynthia": ["cindy"], "catherine": ["cathy"],
    "christina": ["tina", "chrissy"], "theresa": ["terri"], "beatrice": ["bea"], "latoya": ["toya"],
    "alexis": ["lexi"], "samantha": ["sam"], "shanice": ["neicy"], "tyrone": ["ty"], "darius": ["dee"],
}  # fmt: skip


# How many first names and last names a culture has.
_OWN_NAMES = 20


class NameBag:
    """Draws names: a few are very common, most of the rest are rare.

    With cultures, every name is a common one of the person's own culture: the same full name comes again and again on
    different people.
    """

    def __init__(self, random: Random, cultures: int = 0) -> None:
        self._random = random
        self._cultures = cultures
        self._men, self._women, self._families = _MEN.split(), _WOMEN.split(), _FAMILIES.split()
        self._heads, self._middles, self._tails = _HEADS.split(), _MIDDLES.split(), _TAILS.split()
        self._rare = [self._invent() for _ in range(6_000)]
        self._rare_firsts = [self._invent_first() for _ in range(1_500)]

    def _invent(self) -> str:
        middle = self._random.choice(self._middles) if self._random.random() < 0.6 else ""
        return self._random.choice(self._heads) + middle + self._random.choice(self._tails)

    def _invent_first(self) -> str:
        tail = self._random.choice(["a", "ah", "ia", "el", "en", "is", "on", "ique", "elle", "aun", "ius", "ya"])
        return self._random.choice(self._heads) + self._random.choice(self._middles) + tail

    def _draw(self, names: list[str]) -> str:
        return self._random.choices(names, cum_weights=_steps(len(names)))[0]

    def _own(self, names: list[str], culture: int) -> str:
        start = culture % self._cultures * _OWN_NAMES
        return self._draw(names[start : start + _OWN_NAMES])

    def first(self, sex: int, culture: int = 0) -> str:
        """Draw a first name; `sex` is 1 for a man, 0 for a woman."""
        if self._cultures:
            return self._own(self._men if sex == 1 else self._women, culture)
        if self._random.random() < 0.12:
            return self._draw(self._rare_firsts)
        return self._draw(self._men if sex == 1 else self._women)

    def family(self, culture: int = 0) -> str:
        """Draw a last name; one in twelve is a double name."""
        if self._cultures:
            return self._own(self._families, culture)
        name = self._draw(self._families if self._random.random() < 0.45 else self._rare)
        draw = self._random.random()
        if draw < 0.03:
            return "de la " + name
        return f"{name}{self._random.choice('- ')}{self._draw(self._families)}" if draw < 0.11 else name


@cache
def _steps(size: int) -> list[float]:
    """Give the running sums by which a name is drawn: the first are the most common."""
    return list(accumulate(1 / (rank + 6) for rank in range(size)))
