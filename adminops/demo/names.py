"""Names of invented people: by origin, sex and birth cohort, with nicknames and surnames of several shapes.

The lists were written for this project from common knowledge. The order of a list is its rough order of
frequency. A first and a last name are drawn independently of each other, so nobody real is meant.
"""

from datetime import date
from enum import StrEnum

from adminops.demo.chance import Chance, Table, ranked

FEMALE, MALE = 0, 1


class Origin(StrEnum):
    """Where a family's names come from."""

    GENERAL = "general"
    BLACK = "black"
    LATIN = "latin"
    HAITIAN = "haitian"
    ASIAN = "asian"
    ARAB = "arab"
    SLAVIC = "slavic"
    NATIVE = "native"


ORIGINS = Table(
    {
        Origin.GENERAL: 47,
        Origin.BLACK: 33,
        Origin.LATIN: 12,
        Origin.HAITIAN: 3,
        Origin.ASIAN: 2,
        Origin.ARAB: 1,
        Origin.SLAVIC: 1,
        Origin.NATIVE: 1,
    }
)

# Births up to 1959, 1960-1979, 1980-1999 and since 2000: (female, male) of each.
_GENERAL: tuple[tuple[str, str], ...] = (
    (
        (
            "Mary Linda Patricia Barbara Carol Sandra Nancy Sharon Judith Susan Betty Donna Margaret Shirley Dorothy"
            " Joyce Kathleen Janet Brenda Diane Virginia Gloria Martha Peggy Bonnie Rita Connie Phyllis Wanda Sylvia"
            " Marilyn Rosemary Elaine Paula Geraldine Beverly Jeanette Lorraine Maxine Loretta"
        ),
        (
            "James Robert John William David Richard Thomas Charles Michael Gary Larry Ronald Donald Kenneth Jerry"
            " Dennis Roger Raymond Walter Frank Harold Ralph Eugene Carl Arthur Albert Henry Wayne Roy Leroy Clarence"
            " Ernest Earl Fred Howard Stanley Leonard Floyd Melvin Bernard"
        ),
    ),
    (
        (
            "Lisa Kimberly Michelle Karen Susan Angela Tammy Mary Melissa Pamela Cynthia Deborah Tina Dawn Theresa"
            " Christine Teresa Laura Denise Robin Debra Rhonda Stacy Sherry Wendy Cheryl Tracy Rebecca Julie Lori"
            " Amy Stephanie Regina Renee Yolanda Monica Gina Annette Carla Darlene"
        ),
        (
            "Michael David John James Robert William Mark Richard Timothy Jeffrey Scott Kevin Brian Steven Kenneth"
            " Anthony Thomas Charles Gregory Ronald Eric Terry Keith Jerome Douglas Troy Darrell Todd Randy Rodney"
            " Curtis Vincent Glenn Dwayne Tony Reginald Marvin Ricky Russell Lonnie"
        ),
    ),
    (
        (
            "Jessica Ashley Amanda Jennifer Brittany Sarah Stephanie Samantha Nicole Elizabeth Heather Megan Tiffany"
            " Amber Crystal Danielle Rachel Kayla Courtney Lauren Chelsea Katherine Erica Jasmine Kelly Andrea Vanessa"
            " Alicia Natasha Latoya Kristen Brandi Candice Whitney Felicia Sabrina Krystal Tasha Holly Misty"
        ),
        (
            "Christopher Michael Matthew Joshua David Daniel James Joseph Robert Andrew Ryan Brandon Justin Jason"
            " William Jonathan Nicholas Anthony Eric Kevin Adam Steven Brian Tyler Kyle Jeremy Aaron Zachary Dustin"
            " Travis Derrick Marcus Cody Corey Jesse Terrance Antonio Shawn Travon Cedric"
        ),
    ),
    (
        (
            "Emma Olivia Ava Isabella Sophia Madison Aaliyah Mia Abigail Emily Chloe Destiny Nevaeh Brooklyn Zoe"
            " Layla Skylar Lillian Serenity Harper Riley Kennedy Hailey Makayla Savannah Faith Jada Trinity Autumn"
            " Genesis Journee Aubrey Paisley Willow Raelynn"
        ),
        (
            "Jacob Elijah Noah Aiden Jayden Mason Liam Ethan Logan Jeremiah Isaiah Josiah Caleb Xavier Carter Jordan"
            " Landon Gavin Malachi Levi Chase Ayden Hunter Wyatt Bryson Zion Kingston Jace Messiah Nathaniel Amir"
            " Braxton Colton Micah Easton"
        ),
    ),
)

_BY_ORIGIN: dict[Origin, tuple[str, str]] = {
    Origin.BLACK: (
        (
            "Keisha Latasha Ebony Tameka Shanice Imani Kiara Aaliyah Tanisha Deja Precious Monique Yolanda Shaniqua"
            " Nia Destiny Jasmine Diamond Raven Tamika LaToya Kenya Octavia Shantel Tyesha Quiana Ayanna Zaria"
        ),
        (
            "Tyrone Darnell Jamal Terrell Deandre Marquis Malik Tyrell Lamar Demetrius Antwan Jermaine Kareem Cedric"
            " Darius DeShawn Rashad Devonte Jaquan Trevon Maurice Cornelius Javon Tremaine Kendrick Otis Roosevelt"
        ),
    ),
    Origin.LATIN: (
        (
            "María Ana Carmen Rosa Luz Guadalupe Juana Sofía Gabriela Valentina Camila Daniela Alejandra Yesenia"
            " Maritza Ivelisse Xiomara Milagros Esperanza Marisol Lucía Inés Beatriz Yaritza Nayeli Itzel"
        ),
        (
            "José Juan Luis Carlos Jesús Miguel Ángel Jorge Francisco Manuel Pedro Rafael Alejandro Héctor Ramón"
            " Raúl Óscar Andrés Julio César Ricardo Santiago Mateo Efraín Ismael Edwin Wilfredo Rubén"
        ),
    ),
    Origin.HAITIAN: (
        "Marie Nadège Rose Mirlande Fabiola Guerda Islande Wideline Yolette Darline Ketsia Naïka Lovely Mireille",
        "Jean Pierre Jacques Wilner Emmanuel Frantz Reginald Stanley Ronel Jude Jocelyn Woodly Evens Ricardo",
    ),
    Origin.ASIAN: (
        "Linh Mai Thuy Hương Grace Maricel Jocelyn Rowena Mei Yan Sunita Priya Ji-woo Soo Analyn Lan",
        "Minh Tuấn Hung Duc Nam Rommel Reynaldo Jun Wei Arjun Ravi Sanjay Min-jun Sang Bayani Khanh",
    ),
    Origin.ARAB: (
        "Fatima Amina Layla Zaynab Mariam Nour Hanan Samira Yasmin Rania Aisha Huda",
        "Mohammed Ahmad Omar Ali Yusuf Khalid Hassan Ibrahim Mahmoud Tariq Samir Abdul-Rahman",
    ),
    Origin.SLAVIC: (
        "Olena Natalia Iryna Svetlana Oksana Katarzyna Milica Tatiana Ludmila Halyna Agnieszka",
        "Oleksandr Dmitri Ivan Sergei Andrii Piotr Goran Mykola Vladimir Bohdan Tomasz",
    ),
    Origin.NATIVE: (
        "Winona Dakota Cheyenne Talulah Mary Sarah Aiyana Sequoia Shawnee Betty",
        "Dakota Cheyenne Osceola Tommy Billy Micco Jimmie Raymond Takoda Chayton",
    ),
}

# Other forms of a given name that a worker types or a person uses, both ways.
NICKNAMES: dict[str, tuple[str, ...]] = {
    "Abigail": ("Abby", "Gail"), "Alejandra": ("Alex", "Ale"), "Alejandro": ("Alex", "Alejo"),
    "Alexander": ("Alex", "Xander"), "Andrew": ("Andy", "Drew"), "Anthony": ("Tony", "Ant"),
    "Antonio": ("Tony", "Toño"), "Barbara": ("Barb", "Babs"), "Beverly": ("Bev",), "Brandon": ("Bran",),
    "Charles": ("Charlie", "Chuck", "Chas"), "Christine": ("Chris", "Tina"), "Christopher": ("Chris", "Topher"),
    "Clarence": ("Butch",), "Connie": ("Constance",), "Cynthia": ("Cindy",), "Daniel": ("Dan", "Danny"),
    "Danielle": ("Dani",), "David": ("Dave", "Davey"), "Deborah": ("Debbie", "Deb"), "Debra": ("Debbie", "Deb"),
    "Demetrius": ("Meechie",), "Dennis": ("Denny",), "Donald": ("Don", "Donnie"), "Dorothy": ("Dot", "Dottie"),
    "Douglas": ("Doug",), "Elizabeth": ("Liz", "Beth", "Betty", "Eliza"), "Ernest": ("Ernie",),
    "Eugene": ("Gene",), "Francisco": ("Paco", "Frank"), "Frank": ("Frankie",), "Frederick": ("Fred",),
    "Gabriela": ("Gaby",), "Geraldine": ("Geri",), "Gregory": ("Greg",), "Guadalupe": ("Lupe",),
    "Harold": ("Harry", "Hal"), "Héctor": ("Tito",), "Henry": ("Hank", "Harry"), "Isabella": ("Bella", "Izzy"),
    "Jacob": ("Jake",), "James": ("Jim", "Jimmy", "Jamie"), "Jeanette": ("Jean",), "Jeffrey": ("Jeff",),
    "Jennifer": ("Jen", "Jenny"), "Jeremiah": ("Jeremy", "Jay"), "Jesús": ("Chuy",), "Jerome": ("Jerry", "Rome"),
    "Jessica": ("Jess", "Jessie"), "John": ("Johnny", "Jack"), "Jonathan": ("Jon", "Johnny"),
    "José": ("Pepe", "Joe"), "Joseph": ("Joe", "Joey"), "Joshua": ("Josh",), "Juan": ("Juanito", "John"),
    "Judith": ("Judy",), "Katherine": ("Kathy", "Kate", "Katie"), "Kathleen": ("Kathy", "Kate"),
    "Kenneth": ("Ken", "Kenny"), "Kimberly": ("Kim",), "Lawrence": ("Larry",), "Leonard": ("Len", "Lenny"),
    "Lillian": ("Lily",), "Lorraine": ("Lori",), "Luis": ("Lou",), "Manuel": ("Manny",),
    "Margaret": ("Peggy", "Maggie", "Meg"), "María": ("Mari", "Mary"), "Martha": ("Marty",),
    "Matthew": ("Matt",), "Maurice": ("Moe",), "Melissa": ("Missy", "Mel"), "Melvin": ("Mel",),
    "Michael": ("Mike", "Mikey", "Mick"), "Michelle": ("Shelly",), "Miguel": ("Mike",), "Mohammed": ("Mo",),
    "Nancy": ("Nan",), "Natalia": ("Talia",), "Nathaniel": ("Nate", "Nathan"), "Nicholas": ("Nick", "Nicky"),
    "Nicole": ("Nikki",), "Oleksandr": ("Sasha", "Alex"), "Pamela": ("Pam",), "Patricia": ("Pat", "Patty", "Trish"),
    "Pedro": ("Pete",), "Phyllis": ("Phyl",), "Rachel": ("Rae",), "Rafael": ("Rafi", "Ralph"),
    "Raymond": ("Ray",), "Rebecca": ("Becky",), "Reginald": ("Reggie",), "Ricardo": ("Rick", "Ricky"),
    "Richard": ("Rick", "Dick", "Rich"), "Robert": ("Bob", "Bobby", "Rob"), "Ronald": ("Ron", "Ronnie"),
    "Russell": ("Russ",), "Samantha": ("Sam", "Sammy"), "Sandra": ("Sandy",), "Savannah": ("Vannah",),
    "Sharon": ("Shari",), "Stanley": ("Stan",), "Stephanie": ("Steph",), "Steven": ("Steve", "Stevie"),
    "Susan": ("Sue", "Susie"), "Terrance": ("Terry",), "Theresa": ("Terri", "Tess"), "Thomas": ("Tom", "Tommy"),
    "Tiffany": ("Tiff",), "Timothy": ("Tim", "Timmy"), "Tyrone": ("Ty",), "Valentina": ("Val",),
    "Vanessa": ("Nessa",), "Vincent": ("Vince",), "Virginia": ("Ginny",), "Walter": ("Walt",),
    "William": ("Bill", "Billy", "Will"), "Xavier": ("Zay",), "Yolanda": ("Yoli",), "Zachary": ("Zach",),
}  # fmt: skip

_SURNAMES: dict[Origin, str] = {
    Origin.GENERAL: (
        "Smith Johnson Williams Brown Jones Davis Miller Wilson Moore Taylor Anderson Thomas Jackson White Harris"
        " Martin Thompson Young Allen King Wright Scott Hill Green Adams Nelson Baker Hall Campbell Mitchell"
        " Roberts Carter Phillips Evans Turner Parker Collins Edwards Stewart Morris Rogers Reed Cook Morgan Bell"
        " Murphy Bailey Cooper Richardson Cox Howard Ward Peterson Gray James Watson Brooks Kelly Sanders Price"
        " Bennett Wood Barnes Ross Henderson Coleman Jenkins Perry Powell Long Patterson Hughes Flores Washington"
        " Butler Simmons Foster Bryant Alexander Russell Griffin Hayes McDonald McCoy McCall O'Connor O'Neal"
        " Fitzgerald St.~Clair Van~Dyke Vander~Meer De~Witt Crews Tillman Padgett Strickland Godwin Faircloth"
        " Yarbrough Mizell Hodges Sapp Carlisle Whitlock Pruitt Starling Hagan Drawdy Lassiter Wainwright Thigpen"
    ),
    Origin.BLACK: (
        "Williams Johnson Jackson Brown Davis Jones Robinson Harris Washington Jefferson Thomas Scott Green Lewis"
        " Walker Mitchell Carter Coleman Bryant Gaines Banks Booker Broadnax Mosley Ruffin Dukes Hampton Singletary"
        " McCray Gadson Frazier Pinkney Battle Simmons Grant Mays Bolden Holloway Ravenell Sheppard Whitehead"
        " Baptiste Cummings Speights Wiggins Felder Manigault Stokes Pettway Toussaint"
    ),
    Origin.LATIN: (
        "García Rodríguez Martínez Hernández López González Pérez Sánchez Ramírez Torres Rivera Díaz Cruz Morales"
        " Ortiz Gómez Reyes Colón Santiago Vázquez Castro Núñez Peña de~la~Cruz de~León Figueroa Meléndez Rosario"
        " Ayala Cordero del~Valle Maldonado Quiñones Santos Velázquez Zayas Ibáñez Escobar"
    ),
    Origin.HAITIAN: "Pierre Jean Joseph Charles Louis Baptiste Saint-Louis Jean-Pierre Desir Toussaint Laguerre"
    " Dorvil Augustin Célestin Estimé Jean-Baptiste Fils-Aimé",
    Origin.ASIAN: "Nguyen Tran Le Pham Santos Reyes Cruz Kim Lee Chen Patel Bautista Vu Huynh dela~Cruz Wang Singh"
    " Park Dizon Li",
    Origin.ARAB: "Hassan Ali Ahmed Khan Al-Hassan El-Amin Haddad Mansour Nasser Ibrahim bin~Said Abdi Saleh",
    Origin.SLAVIC: "Kovalenko Petrenko Novak Kowalski Popović Ivanov Shevchenko Horvat Melnyk Sokolov Hodžić",
    Origin.NATIVE: "Osceola Tiger Billie Cypress Jumper Locklear Buster Bowlegs Deer~Walker Hunt",
}

_GENERAL_FIRST = tuple((ranked(women.split()), ranked(men.split())) for women, men in _GENERAL)
_ORIGIN_FIRST = {origin: (ranked(women.split()), ranked(men.split())) for origin, (women, men) in _BY_ORIGIN.items()}
_LAST = {origin: ranked(name.replace("~", " ") for name in names.split()) for origin, names in _SURNAMES.items()}
# How often a family of this origin takes a first name of its own tradition.
_OWN_FIRST = {
    Origin.BLACK: 0.35, Origin.LATIN: 0.75, Origin.HAITIAN: 0.7, Origin.ASIAN: 0.6,
    Origin.ARAB: 0.9, Origin.SLAVIC: 0.85, Origin.NATIVE: 0.4,
}  # fmt: skip


def first_name(chance: Chance, origin: Origin, sex: int, born: date) -> str:
    """Draw a given name that fits origin, sex (HUD list 4.21: 0 female, 1 male) and year of birth."""
    if chance.yes(_OWN_FIRST.get(origin, 0.0)):
        return chance.pick(_ORIGIN_FIRST[origin][sex])
    cohort = 0 if born.year < 1960 else 1 if born.year < 1980 else 2 if born.year < 2000 else 3
    return chance.pick(_GENERAL_FIRST[cohort][sex])


def last_name(chance: Chance, origin: Origin) -> str:
    """Draw a surname: plain, with a particle, double (Latin American) or hyphenated."""
    name = chance.pick(_LAST[origin])
    if origin is Origin.LATIN and chance.yes(0.22):
        return f"{name} {chance.pick(_LAST[origin])}"
    if chance.yes(0.015):
        return f"{name}-{chance.pick(_LAST[origin])}"
    return name


def middle_name(chance: Chance, origin: Origin, sex: int, born: date, first: str) -> str:
    """Draw a middle name other than the first name, an initial, or nothing."""
    name = "" if chance.yes(0.42) else first_name(chance, origin, sex, born)
    if name in ("", first):
        return ""
    return name[0] if chance.yes(0.45) else name


def other_forms(name: str) -> tuple[str, ...]:
    """Return the nicknames of a given name, or the given names of a nickname; empty when it has none."""
    return NICKNAMES.get(name) or _FORMAL.get(name, ())


def _formal_names() -> dict[str, tuple[str, ...]]:
    formal: dict[str, tuple[str, ...]] = {}
    for name, nicknames in NICKNAMES.items():
        for nickname in nicknames:
            formal[nickname] = (*formal.get(nickname, ()), name)
    return formal


_FORMAL = _formal_names()
