"""Words by which names are told from other words."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NO_NAMES = _words(
    """
    a also an and anonymized anonymous appears are as at blank both but by can center changed client clients
    consent correct could cut dashboard data demographics did didn't different displayed does doesn't
    duplicate either empty entered file first for from full had has have here hidden id ids if in incorrect
    information intake is it last left legal level list longer lookup maiden masked may merge middle missing
    misspelled must name names newer no none not note notes now number of older on one only or portal profile
    quality quote record records refused report required right same search see service services shorter should
    shows something spelled spelt still summary that the then there this to too track truncated two unknown
    very was were when will with would wrong
    """
)
"""What stands after "name is" and is none."""

NEVER = _words(
    """
    a about account after again agency all also am an and any are as asked at back be because been before
    being birth both but by can cannot client clients community could county date dates dear did do does
    doing done duplicate duplicates each email enrollment enrollments entered entry error exit for from get
    got had has have having he hello help her here hers him his household how i id ids if in into is it its
    just know made make me merge merged more most my name names need needed needs no nor not now number
    numbers of off on once only or other our out over own password please program programs project projects
    record records report reports said same says see seen she should show shows so some still such system
    tell than thank thanks that the their them then there these they think this those through ticket tickets
    to told too under until up use used using very want was we were what when where which while who whom why
    with would you your yours
    """
)
"""Words that are no part of a name here."""

ORDINARY = _words(
    """
    april art august autumn baker ball banks bean bell best bill bishop black bond bridge brown carter case
    cash chance chase christian church cook dawn day dean destiny drew duke earl east faith field fisher foot
    frank friday frost gold good grace grant gray green guy hall hand harmony head heaven hill hills holiday
    hope house hunter jack joy june justice king knight lake law laws little long lord love major mark mason
    may melody miles miller monday moon new north old pack page park parks pat post power powers price prince
    read reading rice rich rivers rob rose rush self sharp short silver skip small snow south speed star stone
    street strong sue summer sunday swift taylor trinity walker waters west white will winter wise wood woods
    worth wright young
    """
)
"""Words that are names, too: two of them in small letters are no name."""

PARTICLES = _words(
    """
    al ben bin da das de del den der di dos du el la las le los mac mc o san santa st van von
    """
)
"""What may stand inside a last name, in small letters."""
