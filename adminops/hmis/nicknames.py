"""Short forms of first names in everyday English and Spanish, written for this project.

A line is one given name with the forms people use for it. A short form may stand in several lines ("alex"); two
full names of different lines never count as the same, even when they share a short form.
"""

from __future__ import annotations

_LINES = """
aaron ron ronnie
abigail abby abbie gail
abraham abe abram bram
adelaida adela
adrian adriano
alan allan allen al
albert al bert bertie alberto beto
alejandra ale alexa sandra alexandra alex lexi lexie sasha sandy
alejandro alex jandro alexander alec al sandy xander sasha
alfonso poncho alphonso
alfred al fred freddie alfredo
alicia licha alice allie
alisha leesha
amanda mandy mandi
amelia millie amy
ana anita anna ann anne annie hannah
andrea andie
andrew andy drew andres
angela angie angelina
angel angelito
anthony tony ant antonio tono
antonia tonia toni
april avril
arthur art artie arturo
augustus gus august agustin augustine
barbara barb barbie babs
bartholomew bart
beatrice bea trixie beatriz betty
benjamin ben benny benji
bernadette bernie
bernard bernie bernardo
bradley brad
brandon bran
brenda bren
bridget bridie
caleb cal
calvin cal
cameron cam
carlos carlitos charly charles charlie chuck chaz chas chip
carmen carmelita
caroline carol carrie carolina caro lina
cassandra cassie sandra sandy
catherine katherine kathryn cathy kathy kate katie kat kay kitty cat cate catalina catarina
cecilia ceci cece
chester chet
christina chris chrissy christine tina cristina kristina kristine kris kristen
christopher chris topher kit cris cristobal
clara clarita
clifford cliff
clinton clint
concepcion concha conchita connie
consuelo chelo connie
cornelius neil corny
cynthia cindy cyndi
daniel dan danny dani
danielle dani daniela
david dave davey davy
deborah debra deb debbie debby
delores dolores lola dee
dennis denny
diana diane di
dominic dom nick domingo mingo
donald don donnie donny
dorothy dot dottie dorotea
douglas doug
edward ed eddie eddy ned ted teddy eduardo lalo
edgar ed eddie
edwin ed eddie
eleanor ellie nell nora elena leonor
elijah eli
elizabeth liz lizzie beth betsy betty eliza lisa libby bess isabel elisa
emanuel manny emmanuel manuel manolo
emily em emmy emilia
enrique kike quique henry harry hank
ernest ernie ernesto neto
esperanza espe hope
esteban steven stephen steve stevie
eugene gene eugenio
evelyn evie eve
federico fede frederick fred freddie freddy fritz
felicia fely
felipe philip phillip phil pip
fernando nando fer
florence flo
francine fran frannie
francis frank fran francisco pancho paco cisco frankie
frances fran frannie francisca paca
franklin frank frankie
gabriel gabe gabi
gabriela gabby gabi gabrielle
gerald gerry jerry gerardo
gilbert gil gilberto
gloria glory
gregory greg gregg gregorio goyo
gertrude trudy gert
guadalupe lupe lupita
guillermo memo william bill billy will willie willy liam
gustavo gus tavo
harold harry hal
heather heath
helen nell nellie elena
herbert herb bert heriberto
howard howie
hugh hughie hugo
ignacio nacho ignatius
irene rena
isaac ike isaak
isabella bella izzy isabel chabela
israel izzy
jacob jake jakob coby
jacqueline jackie jacquelyn
james jim jimmy jamie jaime jem
jane janie jan janet
janice jan
jason jay jase
jasmine jazz jazmin yasmin
jefferson jeff
jeffrey jeff geoffrey geoff jeffery
jennifer jen jenny jenn jenna
jeremiah jerry jeremy jem
jerome jerry geronimo
jessica jess jessie
jesse jess jessie
jesus chuy chucho
joan joanie juana
joanna jo joanne
john johnny jack jon juan juanito sean shawn ian
jonathan jon jonny nathan
jorge george georgie
jose pepe joe joseph joey jo
josefina josie josephine fina jo
joshua josh josue
judith judy judi
julia julie jules juliana
julian jules julio
karen kari
katrina trina kat
kayla kay
kenneth ken kenny
kevin kev
kimberly kim kimmy
lawrence larry lorenzo laurence lencho
laura lori laurie lauren
leonard leo len lenny leonardo
leticia lety letty
lillian lily lil liliana
linda lindy lynn
loretta lori
louis lou louie luis lucho
louise lou luisa lulu
lucille lucy lucia luz
lydia lidia
luz lucita
madeline maddie maddy magdalena lena malena
marcia marcy
marcus marc mark marco marcos
margaret maggie meg peggy marge margie rita greta margarita madge
maria mary mari marie mia marita molly polly mae
maribel mari
martha marty patty marta
martin marty
matthew matt matty mateo
maurice moe mauricio
maximilian max maximiliano
megan meg
melissa mel missy lissa
melanie mel
melvin mel
mercedes meche merche
michael mike mikey mick micky miguel
michelle shelly micki
mildred millie
miriam mimi
mitchell mitch
monica moni
morgan mo
moses moe moises
nancy nan
natalie nat nattie natalia
nathaniel nathan nate nat
nicholas nick nicky nico nicolas
nicole nikki nicky nico
norman norm
oliver ollie
oscar ozzie
pamela pam
patricia pat patty trish tricia patti
patrick pat paddy patricio rick
paul pablo paulie
paula paulina polly
pedro peter pete
penelope penny
phyllis phyl
priscilla cilla
rachel rae raquel
rafael rafa raphael
ramon moncho ray
raymond ray raimundo mundo
rebecca becky becca beca rebeca
reginald reggie reg
ricardo rick ricky richard rich richie dick riccardo
roberta bobbie robbie
robert rob bob bobby robbie roberto beto bert
rocio chio
rodney rod
rodolfo rudy rudolph fito
rodrigo rod rigo
roger rog rogelio
roland rollo rolando
ronald ron ronnie ronny
rosa rose rosie rosita
rosario chayo charo
roxanne roxy
russell russ rusty
ruth ruthie
samantha sam sammy
samuel sam sammy
sandra sandy
santiago chago diego
sara sarah sally sadie
savannah vanna
sebastian seb bastian
sergio checo
sharon shari
shirley shirl
silvia sylvia
socorro coco
sofia sophia sophie
solomon sol
stacy stacey anastasia
stanley stan
stephanie steph stefanie estefania
steven stephen steve stevie stefan
stuart stu stewart
susan sue susie suzy susana suzanne
sydney syd sid
tabitha tabby
tamara tammy tam
teresa terry tess theresa tere tessa
terrence terry terrance
theodore ted teddy theo teodoro
thomas tom tommy tomas
tiffany tiff
timothy tim timmy timoteo
tobias toby
valerie val valeria
vanessa nessa
veronica vero ronnie vicky
victor vic vick
victoria vicky tori vicki vickie
vincent vince vinny vicente chente
violet vi violeta
virginia ginny ginger
vivian viv
walter walt wally gualterio
wendy wen
wesley wes
wilfred will fred wilfredo
william bill billy will willie willy liam
winifred winnie
xavier javier javi
yolanda yoli
yvonne ivonne
zachary zach zack zac
"""


def _by_name() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, line in enumerate(_NAMES):
        for name in line:
            found.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in found.items()}


_NAMES = tuple(tuple(line.split()) for line in _LINES.split("\n"))
_GROUPS = _by_name()
_NO_GROUPS: frozenset[int] = frozenset()


def nickname_groups(name: str) -> frozenset[int]:
    """Give the groups a folded first name belongs to; names that share a group may be one given name."""
    return _GROUPS.get(name, _NO_GROUPS)


def also_called(name: str) -> frozenset[str]:
    """Return the other names that somebody with a folded first name may go by: "bob" is "robert", "rob", "roberto"."""
    return frozenset(other for group in nickname_groups(name) for other in _NAMES[group]) - {name}
