#include "chat/name.h"

#include "base/must.h"
#include "base/utf8.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>

enum {
    WIDE_MAX = 2048, // UTF-16 units while we work: a character may become eighteen
    MARKS_MAX = 3,
};

struct wide {
    UChar at[WIDE_MAX];
    int32_t len;
};

static const char *const fault_texts[] = {
    [NAME_OK] = "",
    [NAME_EMPTY] = "cannot be empty",
    [NAME_TOO_LONG] = "can have at most 32 characters and 64 bytes",
    [NAME_NOT_UTF8] = "must be UTF-8 text",
    [NAME_HAS_SPACE] = "cannot contain spaces",
    [NAME_HAS_CONTROL] = "cannot contain control or invisible characters",
    [NAME_HAS_RESERVED] = "cannot contain any of ! @ , * ?",
    [NAME_BAD_START] = "cannot begin with an accent alone or any of / # & : ~ % + $ -",
    [NAME_ONLY_DIGITS] = "cannot consist of digits only",
    [NAME_STACKED] = "cannot have more than three accents on one letter",
    [NAME_IS_SERVERS] = "cannot look as if the server were speaking",
    [NAME_NO_HASH] = "must begin with #, as in #lobby",
    [NAME_HAS_COMMA] = "cannot contain commas",
};

const char *name_fault_text(enum name_fault fault)
{
    return fault_texts[fault];
}

static bool wide_of(struct text t, struct wide *wide)
{
    UErrorCode status = U_ZERO_ERROR;
    if (t.len > WIDE_MAX) {
        return false;
    }
    u_strFromUTF8(wide->at, WIDE_MAX, &wide->len, t.at, (int32_t)t.len, &status);
    return U_SUCCESS(status);
}

static bool wide_add(const struct wide *wide, struct buf *key)
{
    char bytes[NAME_KEY_MAX];
    int32_t len;
    UErrorCode status = U_ZERO_ERROR;
    u_strToUTF8(bytes, sizeof bytes, &len, wide->at, wide->len, &status);
    return U_SUCCESS(status) && buf_add(key, (struct text){bytes, (size_t)len});
}

static bool normalize(const UNormalizer2 *(*form)(UErrorCode *status), const struct wide *from,
                      struct wide *to)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *normalizer = form(&status);
    must(U_SUCCESS(status));
    to->len = unorm2_normalize(normalizer, from->at, from->len, to->at, WIDE_MAX, &status);
    return U_SUCCESS(status);
}

static UChar32 next_code(const struct wide *wide, int32_t *at)
{
    UChar first = wide->at[(*at)++];
    if (*at < wide->len && U16_IS_LEAD(first) && U16_IS_TRAIL(wide->at[*at])) {
        return U16_GET_SUPPLEMENTARY(first, wide->at[(*at)++]);
    }
    return first;
}

static bool is_ascii(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        if ((unsigned char)t.at[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static bool fold_ascii(struct text name, struct buf *key)
{
    char folded[NAME_KEY_MAX];
    if (name.len > sizeof folded) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.at[i];
        folded[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
    }
    return buf_add(key, (struct text){folded, name.len});
}

static bool fold_wide(struct text name, struct wide *folded)
{
    struct wide wide;
    return wide_of(name, &wide) && normalize(unorm2_getNFKCCasefoldInstance, &wide, folded);
}

bool name_fold(struct text name, struct buf *key)
{
    if (is_ascii(name)) {
        return fold_ascii(name, key);
    }
    struct wide folded;
    return fold_wide(name, &folded) && wide_add(&folded, key);
}

static USpoofChecker *checker(void)
{
    static USpoofChecker *opened;
    if (!opened) {
        UErrorCode status = U_ZERO_ERROR;
        opened = uspoof_open(&status);
        must(U_SUCCESS(status));
    }
    return opened;
}

// Writes what `code` looks like. UTS 39 has one prototype for I, l and 1, and one for O
// and 0; as those are different in ASCII names, the kind of `code` chooses among them.
static int32_t prototype(UChar32 code, UChar at[32])
{
    UChar one[2];
    int32_t len = 0;
    U16_APPEND_UNSAFE(one, len, code);
    UErrorCode status = U_ZERO_ERROR;
    len = uspoof_getSkeleton(checker(), 0, one, len, at, 32, &status);
    must(U_SUCCESS(status));
    if (len == 1 && at[0] == 'l') {
        at[0] = u_isdigit(code) ? '1' : u_isUUppercase(code) ? 'I' : 'l';
    } else if (len == 1 && at[0] == 'O' && u_isdigit(code)) {
        at[0] = '0';
    } else if (len == 2 && at[0] == 'r' && at[1] == 'n') {
        at[0] = 'm';
        len = 1;
    }
    return len;
}

static bool to_prototypes(const struct wide *from, struct wide *to)
{
    to->len = 0;
    for (int32_t i = 0; i < from->len;) {
        UChar alike[32];
        UChar32 code = next_code(from, &i);
        int32_t len = code < 0x80 ? 1 : prototype(code, alike);
        if (len > WIDE_MAX - to->len) {
            return false;
        }
        if (code < 0x80) {
            alike[0] = (UChar)code;
        }
        u_memcpy(to->at + to->len, alike, len);
        to->len += len;
    }
    return true;
}

bool name_skeleton(struct text name, struct buf *key)
{
    if (is_ascii(name)) {
        return fold_ascii(name, key);
    }
    struct wide wide;
    struct wide other;
    return wide_of(name, &wide) && normalize(unorm2_getNFKDInstance, &wide, &other) &&
           to_prototypes(&other, &wide) &&
           normalize(unorm2_getNFKCCasefoldInstance, &wide, &other) && wide_add(&other, key);
}

// Invisible though no format character: Hangul fillers, variation selectors, … Those
// two that emoji need may stay; folding takes them away.
static bool is_invisible(UChar32 code)
{
    return u_hasBinaryProperty(code, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) && code != 0xFE0E &&
           code != 0xFE0F;
}

static bool is_blank(UChar32 code)
{
    enum { BRAILLE_BLANK = 0x2800 };
    return u_isUWhiteSpace(code) || code == BRAILLE_BLANK;
}

static bool is_mark(UChar32 code)
{
    return U_GET_GC_MASK(code) & (U_GC_MN_MASK | U_GC_ME_MASK);
}

static bool is_one_of(UChar32 code, const char *characters)
{
    return code > 0 && code < 0x80 && strchr(characters, (int)code);
}

static enum name_fault check_code(UChar32 code, const char *reserved)
{
    if (is_blank(code)) {
        return NAME_HAS_SPACE;
    }
    if ((U_GET_GC_MASK(code) & U_GC_C_MASK) || is_invisible(code)) {
        return NAME_HAS_CONTROL;
    }
    return is_one_of(code, reserved) ? NAME_HAS_RESERVED : NAME_OK;
}

static enum name_fault check_codes(const struct wide *wide, const char *reserved)
{
    enum name_fault fault = NAME_OK;
    for (int32_t i = 0; i < wide->len && fault == NAME_OK;) {
        UChar32 code = next_code(wide, &i);
        fault = check_code(code, reserved);
    }
    return fault;
}

static bool is_stacked(const struct wide *decomposed)
{
    int marks = 0;
    for (int32_t i = 0; i < decomposed->len;) {
        UChar32 code = next_code(decomposed, &i);
        marks = is_mark(code) ? marks + 1 : 0;
        if (marks > MARKS_MAX) {
            return true;
        }
    }
    return false;
}

static enum name_fault check_start_and_digits(const struct wide *wide)
{
    int32_t at = 0;
    UChar32 code = next_code(wide, &at);
    if (is_mark(code) || is_one_of(code, "/#&:~%+$-")) {
        return NAME_BAD_START;
    }
    for (at = 0; at < wide->len;) {
        if (!u_isdigit(next_code(wide, &at))) {
            return NAME_OK;
        }
    }
    return NAME_ONLY_DIGITS;
}

bool name_keys_init(struct name_keys *keys, struct text name)
{
    buf_init(&keys->key, NAME_KEY_MAX);
    buf_init(&keys->skeleton, NAME_KEY_MAX);
    return name.len <= NAME_BYTES_MAX && utf8_valid(name) && name_fold(name, &keys->key) &&
           name_skeleton(name, &keys->skeleton);
}

void name_keys_finish(struct name_keys *keys)
{
    buf_finish(&keys->key);
    buf_finish(&keys->skeleton);
}

bool name_same(struct text a, struct text b)
{
    struct buf first;
    struct buf second;
    buf_init(&first, NAME_KEY_MAX);
    buf_init(&second, NAME_KEY_MAX);
    bool same = name_fold(a, &first) && name_fold(b, &second) &&
                text_equal(buf_text(&first), buf_text(&second));
    buf_finish(&first);
    buf_finish(&second);
    return same;
}

// What users' and rooms' names have in common. `wide` becomes the name as it is, and
// `folded` its folded form.
static enum name_fault check_common(struct text name, const char *reserved, struct wide *wide,
                                    struct wide *folded)
{
    if (name.len == 0 || name.len > NAME_BYTES_MAX) {
        return name.len ? NAME_TOO_LONG : NAME_EMPTY;
    }
    if (!utf8_valid(name)) {
        return NAME_NOT_UTF8;
    }
    struct wide decomposed;
    if (!wide_of(name, wide) || !normalize(unorm2_getNFKDInstance, wide, &decomposed) ||
        !normalize(unorm2_getNFKCCasefoldInstance, wide, folded)) {
        return NAME_TOO_LONG;
    }
    enum name_fault fault = check_codes(wide, reserved);
    if (fault == NAME_OK) {
        fault = folded->len ? check_codes(folded, reserved) : NAME_HAS_CONTROL;
    }
    if (fault == NAME_OK && is_stacked(&decomposed)) {
        fault = NAME_STACKED;
    }
    if (fault == NAME_OK && utf8_graphemes(name) > NAME_GRAPHEMES_MAX) {
        fault = NAME_TOO_LONG;
    }
    return fault;
}

static bool is_letter(char byte)
{
    return (unsigned char)byte >= 0x80 || (byte >= 'a' && byte <= 'z') ||
           (byte >= '0' && byte <= '9');
}

// Appends the letters and digits of the skeleton. What has others before them, such as "[SYSTEM]x",
// is shown apart from what follows.
static bool add_letters(struct text name, struct buf *letters, bool *decorated)
{
    struct buf skeleton;
    buf_init(&skeleton, NAME_KEY_MAX);
    bool fits = name_skeleton(name, &skeleton);
    struct text bytes = buf_text(&skeleton);
    *decorated = bytes.len && !is_letter(*bytes.at);
    for (size_t i = 0; i < bytes.len; i++) {
        if (is_letter(bytes.at[i])) {
            buf_add_char(letters, bytes.at[i]);
        }
    }
    buf_finish(&skeleton);
    return fits;
}

bool name_reads_like(struct text name, struct text word)
{
    bool decorated;
    bool word_decorated;
    struct buf of_name;
    struct buf of_word;
    buf_init(&of_name, NAME_KEY_MAX);
    buf_init(&of_word, NAME_KEY_MAX);
    bool alike = add_letters(name, &of_name, &decorated) &&
                 add_letters(word, &of_word, &word_decorated) && of_word.len &&
                 (decorated ? text_starts(buf_text(&of_name), buf_text(&of_word))
                            : text_equal(buf_text(&of_name), buf_text(&of_word)));
    buf_finish(&of_name);
    buf_finish(&of_word);
    return alike;
}

static enum name_fault check_voice(struct text name)
{
    static const struct text voices[] = {TEXT_INIT("system"), TEXT_INIT("server"),
                                         TEXT_INIT("nickserv"), TEXT_INIT("chanserv")};
    for (size_t i = 0; i < sizeof voices / sizeof *voices; i++) {
        if (name_reads_like(name, voices[i])) {
            return NAME_IS_SERVERS;
        }
    }
    return NAME_OK;
}

enum name_fault name_check(struct text name)
{
    struct wide wide;
    struct wide folded;
    enum name_fault fault = check_common(name, "!@,*?", &wide, &folded);
    if (fault == NAME_OK) {
        fault = check_start_and_digits(&wide);
    }
    fault = fault == NAME_OK ? check_start_and_digits(&folded) : fault;
    return fault == NAME_OK ? check_voice(name) : fault;
}

enum name_fault room_name_check(struct text name)
{
    struct wide wide;
    struct wide folded;
    if (name.len && *name.at != '#') {
        return NAME_NO_HASH;
    }
    enum name_fault fault = name.len == 1 ? NAME_EMPTY : check_common(name, ",", &wide, &folded);
    return fault == NAME_HAS_RESERVED ? NAME_HAS_COMMA : fault;
}
