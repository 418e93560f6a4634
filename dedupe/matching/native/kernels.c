/* The innermost loops of matching: what levels.py and blocking.py do with numpy, pair by pair.

   Every result is the same as theirs (tests/dedupe/matching/test_kernels.py). Nothing here knows Python: arrays come as
   pointers, and belong to the caller. kernels.py calls it; what is not built is done with numpy. */

#include <stdint.h>
#include <stdlib.h>

/* Also built for processors that count bits and compare many numbers at once; which one runs is chosen when it is loaded. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

/* Raised with VERSION of kernels.py when a level or an argument changes. */
int version(void) { return 1; }

/* The codes of the levels of each field, as fields.py numbers them. */
enum { MISSING = 0 };
enum {
    NAME_SAME_COMMON = 1, NAME_SAME, NAME_SAME_RARE, NAME_SHORT_FORM, NAME_SOUNDS_SAME, NAME_NEARLY, NAME_CLOSE,
    NAME_PART, NAME_INITIAL, NAME_ELSEWHERE, NAME_SWAPPED, NAME_NEARLY_SWAPPED, NAME_DIFFERENT, NAME_LEVELS
};
enum { MIDDLE_SAME = 1, MIDDLE_INITIAL, MIDDLE_DIFFERENT, MIDDLE_LEVELS };
enum { SUFFIX_SAME = 1, SUFFIX_ONE_ONLY, SUFFIX_DIFFERENT, SUFFIX_LEVELS };
enum {
    SSN_SAME = 1, SSN_TRANSPOSED, SSN_DIGIT_DIFFERS, SSN_TWO_DIGITS, SSN_NEAR_SERIAL, SSN_DIFFERENT, SSN_PART_SAME,
    SSN_PART_DIGIT_DIFFERS, SSN_PART_DIFFERENT, SSN_LEVELS
};
enum {
    DOB_SAME = 1, DOB_ROUGH_SAME, DOB_DAY_MONTH_SWAPPED, DOB_DIGIT_DIFFERS, DOB_TWO_OF_THREE, DOB_ABOUT_SAME,
    DOB_YEAR_NEAR, DOB_GENERATION, DOB_DIFFERENT, DOB_LEVELS
};
enum { SEX_SAME = 1, SEX_DIFFERENT, SEX_LEVELS };
enum { RACE_SAME = 1, RACE_OVERLAP, RACE_DIFFERENT, RACE_LEVELS };
enum { VETERAN_BOTH_YES = 1, VETERAN_BOTH_NO, VETERAN_DIFFERENT, VETERAN_LEVELS };
enum { ASK = -1 }; /* the letters of two names have to be compared first */

#define NIBBLES UINT64_C(0x111111111) /* the lowest bit of each of nine digits */
#define LANES 6

/* What a record is compared by (PERSON of kernels.py), and what a name is (NAME). */
typedef struct {
    uint64_t ssn;
    int64_t number;
    int32_t first, middle, last, year;
    uint32_t born;
    uint8_t suffix, name_loose, ssn_loose, rough, sex, races, veteran;
} Person;

typedef struct {
    uint64_t tokens;
    uint32_t letters;
    int32_t initial, sound;
    uint8_t length, many, nicknamed;
} Name;

/* Compare each record with `reach` behind it by their lanes. Writes the pairs that bring as many bits as `wanted` of the
   first one says, as far as there is room; returns how many there are. */
FOR_EACH_PROCESSOR int64_t pairs_ahead(
    const uint64_t *lanes, const int64_t *reach, const uint8_t *wanted, int64_t count, const uint64_t *masks,
    const uint8_t *worth, int32_t *ones, int32_t *others, int64_t room)
{
    int64_t found = 0;
    for (int64_t at = 0; at < count; at++) {
        const uint64_t own = lanes[at];
        const int least = wanted[at];
        const int64_t end = at + reach[at];
        for (int64_t other = at + 1; other <= end; other++) {
            const uint64_t crossed = own ^ lanes[other];
            int bits = 0;
            for (int lane = 0; lane < LANES; lane++)
                bits += (crossed & masks[lane]) ? 0 : worth[lane];
            if (bits < least)
                continue;
            if (found < room) {
                ones[found] = (int32_t)at;
                others[found] = (int32_t)other;
            }
            found++;
        }
    }
    return found;
}

static int without_letters(const Name *one, const Name *other, int first)
{
    if (one->length == 1 || other->length == 1)
        return one->initial == other->initial ? NAME_INITIAL : NAME_DIFFERENT;
    if (one == other)
        return NAME_SAME;
    if (__builtin_popcount(one->letters ^ other->letters) <= 4 && abs(one->length - other->length) <= 4)
        return ASK;
    if (one->sound == other->sound || ((one->many || other->many) && (one->tokens & other->tokens)))
        return ASK;
    if (first) {
        const uint32_t shared = one->letters & other->letters;
        if ((one->nicknamed && other->nicknamed) || shared == one->letters || shared == other->letters)
            return ASK;
    }
    return NAME_DIFFERENT;
}

/* A table of what is known of two names' letters, and what is asked of it that it does not have. */
typedef struct {
    const Name *names;
    const int64_t *keys;
    const uint8_t *levels;
    uint64_t mask;
    int64_t names_count, *asked, asked_count;
} Letters;

static uint64_t start_of(int64_t key) { return ((uint64_t)key * UINT64_C(0x9E3779B97F4A7C15)) >> 20; }

static int compare_names(Letters *known, int32_t one, int32_t other, int first)
{
    if (!one || !other)
        return MISSING;
    const int level = without_letters(known->names + one, known->names + other, first);
    if (level != ASK)
        return level;
    const int64_t low = one < other ? one : other, high = one < other ? other : one;
    const int64_t key = (low * known->names_count + high) * 2 + first;
    uint64_t place = start_of(key) & known->mask;
    while (known->keys[place] >= 0 && known->keys[place] != key)
        place = (place + 1) & known->mask;
    if (known->keys[place] == key)
        return known->levels[place];
    known->asked[known->asked_count++] = key;
    return ASK;
}

static int is_alike(int level)
{
    return level == NAME_SAME || level == NAME_SHORT_FORM || level == NAME_SOUNDS_SAME || level == NAME_NEARLY;
}

static int is_elsewhere(Letters *known, int32_t own, int32_t others)
{
    return is_alike(compare_names(known, own, others, 1));
}

static int middle_of(int level)
{
    if (level == MISSING)
        return MISSING;
    if (level == NAME_INITIAL)
        return MIDDLE_INITIAL;
    return level == NAME_DIFFERENT || level == NAME_CLOSE ? MIDDLE_DIFFERENT : MIDDLE_SAME;
}

/* Compare the names of two people; 0 when letters are asked for that are not known. */
static int all_names(Letters *known, const Person *a, const Person *b, int *levels)
{
    const int64_t before = known->asked_count;
    int first = compare_names(known, a->first, b->first, 1);
    int last = compare_names(known, a->last, b->last, 0);
    int middle = middle_of(compare_names(known, a->middle, b->middle, 1));
    if (known->asked_count > before)
        return 0;
    if (first == NAME_DIFFERENT && last == NAME_DIFFERENT) {
        const int there = a->first == b->last, back = a->last == b->first;
        if (there && back)
            first = last = NAME_SWAPPED;
        else if (there || back) {
            const int rest = there ? compare_names(known, a->last, b->first, 1) : compare_names(known, a->first, b->last, 1);
            if (rest == ASK)
                return 0;
            if (is_alike(rest) || rest == NAME_CLOSE || rest == NAME_PART)
                first = last = NAME_NEARLY_SWAPPED;
        }
    }
    if (first == NAME_DIFFERENT && (is_elsewhere(known, a->first, b->middle) || is_elsewhere(known, b->first, a->middle)))
        first = NAME_ELSEWHERE, middle = MISSING;
    if (last == NAME_DIFFERENT && (is_elsewhere(known, a->last, b->middle) || is_elsewhere(known, b->last, a->middle)))
        last = NAME_ELSEWHERE, middle = MISSING;
    if (known->asked_count > before)
        return 0;
    if (a->name_loose || b->name_loose) {
        first = first == NAME_DIFFERENT ? MISSING : first;
        last = last == NAME_DIFFERENT ? MISSING : last;
    }
    levels[0] = first, levels[1] = middle, levels[2] = last;
    return 1;
}

/* Mark every digit that has a bit set by its lowest bit. */
static uint64_t nonzero(uint64_t crossed)
{
    crossed |= crossed >> 1;
    return (crossed | crossed >> 2) & NIBBLES;
}

static uint64_t hidden(uint64_t ssn) { return ssn & ssn >> 1 & ssn >> 2 & ssn >> 3 & NIBBLES; }

/* Whether the two digits that differ are neighbours that changed places. */
static int is_transposed(uint64_t one, uint64_t other, uint64_t wrong)
{
    const int shift = __builtin_ctzll(wrong);
    if (wrong != UINT64_C(0x11) << shift)
        return 0;
    const uint64_t ours = one >> shift & 255, theirs = other >> shift & 255;
    return ours == ((theirs & 15) << 4 | theirs >> 4);
}

static int compare_numbers(const Person *a, const Person *b)
{
    if (!a->ssn || !b->ssn)
        return MISSING;
    uint64_t wrong = nonzero(a->ssn ^ b->ssn);
    if (a->number > 0 && b->number > 0) {
        const int count = __builtin_popcountll(wrong);
        const int serial = a->number / 10000 == b->number / 10000 && llabs(a->number - b->number) <= 9;
        if (count == 0)
            return SSN_SAME;
        if (count == 1)
            return serial ? SSN_NEAR_SERIAL : SSN_DIGIT_DIFFERS;
        if (count == 2 && is_transposed(a->ssn, b->ssn, wrong))
            return SSN_TRANSPOSED;
        if (serial)
            return SSN_NEAR_SERIAL;
        return count == 2 ? SSN_TWO_DIGITS : SSN_DIFFERENT;
    }
    const uint64_t unseen = hidden(a->ssn) | hidden(b->ssn);
    if (9 - __builtin_popcountll(unseen) < 4)
        return MISSING;
    wrong &= ~unseen;
    const int count = __builtin_popcountll(wrong);
    if (count == 0)
        return SSN_PART_SAME;
    if (count == 1 || (count == 2 && is_transposed(a->ssn, b->ssn, wrong)))
        return SSN_PART_DIGIT_DIFFERS;
    return SSN_PART_DIFFERENT;
}

static int compare_births(const Person *a, const Person *b)
{
    if (!a->born || !b->born)
        return MISSING;
    const uint64_t wrong = nonzero(a->born ^ b->born);
    if (!wrong)
        return a->rough && b->rough ? DOB_ROUGH_SAME : DOB_SAME;
    const int apart = abs(a->year - b->year);
    if (a->rough || b->rough) {
        if (apart <= 1)
            return DOB_ABOUT_SAME;
    } else {
        const int same_year = !(wrong & 0x11110000), same_month = !(wrong & 0x1100), same_day = !(wrong & 0x11);
        if (same_year && (a->born >> 8 & 255) == (b->born & 255) && (a->born & 255) == (b->born >> 8 & 255))
            return DOB_DAY_MONTH_SWAPPED;
        if (same_year + same_month + same_day == 2) {
            const int count = __builtin_popcountll(wrong);
            const int slip = count == 1 || (count == 2 && is_transposed(a->born, b->born, wrong));
            return slip ? DOB_DIGIT_DIFFERS : DOB_TWO_OF_THREE;
        }
    }
    if (apart >= 14 && apart <= 55)
        return DOB_GENERATION;
    return apart <= 2 ? DOB_YEAR_NEAR : DOB_DIFFERENT;
}

static int compare_suffixes(int one, int other)
{
    if (one == other)
        return one ? SUFFIX_SAME : MISSING;
    return one && other ? SUFFIX_DIFFERENT : SUFFIX_ONE_ONLY;
}

static int compare_sexes(int one, int other)
{
    if (!one || !other)
        return MISSING;
    return one == other ? SEX_SAME : SEX_DIFFERENT;
}

static int compare_races(int one, int other)
{
    if (!one || !other)
        return MISSING;
    if (one == other)
        return RACE_SAME;
    return one & other ? RACE_OVERLAP : RACE_DIFFERENT;
}

static int compare_veterans(int one, int other)
{
    if (!one || !other)
        return MISSING;
    if (one != other)
        return VETERAN_DIFFERENT;
    return one == 2 ? VETERAN_BOTH_YES : VETERAN_BOTH_NO;
}

/* Put the patterns of pairs into `found`, of those alone that are below 0 there, as Comparer.levels packs them.

   What is known of the letters of two names stands in a table of `places` keys and levels. Where it lacks something the
   pair stays below 0, and what is missing goes into `asked`: six places a pair at most. Returns how many that were. */
FOR_EACH_PROCESSOR int64_t compare_pairs(
    const int32_t *one, const int32_t *other, int64_t pairs, const Person *people, const Name *names,
    int64_t names_count, const uint8_t *first_rank, const uint8_t *last_rank, const int64_t *keys,
    const uint8_t *levels, int64_t places, int64_t *found, int64_t *asked)
{
    Letters known = {names, keys, levels, (uint64_t)places - 1, names_count, asked, 0};
    for (int64_t at = 0; at < pairs; at++) {
        if (found[at] >= 0)
            continue;
        const Person *a = people + one[at], *b = people + other[at];
        int name[3];
        if (!all_names(&known, a, b, name))
            continue;
        int digits = compare_numbers(a, b);
        if ((a->ssn_loose || b->ssn_loose) && (digits == SSN_DIFFERENT || digits == SSN_PART_DIFFERENT))
            digits = MISSING;
        int64_t pattern = name[0] == NAME_SAME ? first_rank[a->first] : name[0];
        pattern = pattern * MIDDLE_LEVELS + name[1];
        pattern = pattern * NAME_LEVELS + (name[2] == NAME_SAME ? last_rank[a->last] : name[2]);
        pattern = pattern * SUFFIX_LEVELS + compare_suffixes(a->suffix, b->suffix);
        pattern = pattern * SSN_LEVELS + digits;
        pattern = pattern * DOB_LEVELS + compare_births(a, b);
        pattern = pattern * SEX_LEVELS + compare_sexes(a->sex, b->sex);
        pattern = pattern * RACE_LEVELS + compare_races(a->races, b->races);
        found[at] = pattern * VETERAN_LEVELS + compare_veterans(a->veteran, b->veteran);
    }
    return known.asked_count;
}

/* Put keys and levels into a table in which there is room: of `places`, a power of two, at most half are taken. A key
   stands where it is looked for first, or behind others that stand there. */
void fill(int64_t *keys, uint8_t *levels, int64_t places, const int64_t *more, const uint8_t *theirs, int64_t count)
{
    const uint64_t mask = (uint64_t)places - 1;
    for (int64_t at = 0; at < count; at++) {
        uint64_t place = start_of(more[at]) & mask;
        while (keys[place] >= 0)
            place = (place + 1) & mask;
        keys[place] = more[at];
        levels[place] = theirs[at];
    }
}

/* Number patterns in the order in which they come first: `numbers` has one a pattern, `keys` the distinct ones, `counts`
   how many of each. `table` has `places` zeros, a power of two. Returns how many are distinct, or -1 when the table gets
   too full. */
int64_t number_patterns(
    const int64_t *patterns, int64_t count, int32_t *table, int64_t places, int32_t *numbers, int64_t *keys,
    int64_t *counts)
{
    const uint64_t mask = (uint64_t)places - 1;
    int64_t known = 0;
    for (int64_t at = 0; at < count; at++) {
        const int64_t pattern = patterns[at];
        uint64_t place = start_of(pattern) & mask;
        while (table[place] && keys[table[place] - 1] != pattern)
            place = (place + 1) & mask;
        if (!table[place]) {
            if (2 * (known + 1) > places)
                return -1;
            keys[known] = pattern;
            counts[known] = 0;
            table[place] = (int32_t)++known;
        }
        numbers[at] = table[place] - 1;
        counts[numbers[at]]++;
    }
    return known;
}
