#include "chat/name.h"
#include "support/test.h"

// Whether both names have the same key.
static bool same_key(bool (*make)(struct text name, struct buf *key), const char *a, const char *b)
{
    struct buf key_a;
    struct buf key_b;
    buf_init(&key_a, NAME_KEY_MAX);
    buf_init(&key_b, NAME_KEY_MAX);
    check(make(text_of(a), &key_a));
    check(make(text_of(b), &key_b));
    bool same = text_equal(buf_text(&key_a), buf_text(&key_b));
    buf_finish(&key_a);
    buf_finish(&key_b);
    return same;
}

static void check_fault(const char *name, enum name_fault expected)
{
    enum name_fault fault = name_check(text_of(name));
    if (fault != expected) {
        test_fail(__FILE__, __LINE__, "\"%s\" %s", name, name_fault_text(fault));
    }
}

static void check_room_fault(const char *name, enum name_fault expected)
{
    enum name_fault fault = room_name_check(text_of(name));
    if (fault != expected) {
        test_fail(__FILE__, __LINE__, "\"%s\" %s", name, name_fault_text(fault));
    }
}

static void names_of_people_are_allowed(void)
{
    static const char *const names[] = {
        "Alice",
        "bob_2",
        "[away]",
        "O'Neil",
        "x",
        "Zoë",
        "李小龙",
        "Борис",
        "Ἀριστοτέλης",
        "محمد",
        "דָּוִד",
        "देवनागरी",
        "မြို့",
        "한국",
        "Nguyễn",
        "❤️",
        "1up",
        "Al|1",
        "1234567890123456789012345678901a",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        check_fault(names[i], NAME_OK);
    }
}

static void each_fault_is_told(void)
{
    check_fault("", NAME_EMPTY);
    check_fault("Ann Lee", NAME_HAS_SPACE);
    check_fault("a\nb", NAME_HAS_SPACE);
    check_fault("a\xc2\xa0"
                "b",
                NAME_HAS_SPACE);
    check_fault("a\u3000b", NAME_HAS_SPACE);
    check_fault("\u2800", NAME_HAS_SPACE);
    check_fault("a\x1b[2J", NAME_HAS_CONTROL);
    check_fault("a\xc2\x9b", NAME_HAS_CONTROL);
    check_fault("a\ue000", NAME_HAS_CONTROL);
    check_fault("a\u0378", NAME_HAS_CONTROL);
    check_fault("a!b", NAME_HAS_RESERVED);
    check_fault("a@b", NAME_HAS_RESERVED);
    check_fault("a,b", NAME_HAS_RESERVED);
    check_fault("*", NAME_HAS_RESERVED);
    check_fault("who?", NAME_HAS_RESERVED);
    check_fault("123", NAME_ONLY_DIGITS);
    check_fault("\u0661\u0662", NAME_ONLY_DIGITS);
    for (const char *start = "/#&:~%+$-"; *start; start++) {
        check_fault((char[]){*start, 'a', '\0'}, NAME_BAD_START);
        check_fault((char[]){'a', *start, '\0'}, NAME_OK);
    }
    check_fault("\u0301a", NAME_BAD_START);
}

static void a02_nul_is_a_control_character(void)
{
    check_number(name_check(TEXT("a\0b")), NAME_HAS_CONTROL);
    check_number(room_name_check(TEXT("#a\0b")), NAME_HAS_CONTROL);
}

static void a03_lengths_just_at_and_after_the_limit(void)
{
    check_fault("12345678901234567890123456789012a", NAME_TOO_LONG);
    char bytes[67] = "";
    for (int i = 0; i < 21; i++) {
        memcpy(bytes + 3 * i, "\u674e", 3);
    }
    bytes[63] = 'x';
    check_fault(bytes, NAME_OK);
    bytes[64] = 'x';
    check_fault(bytes, NAME_TOO_LONG);
    check_fault("\u3316\u3316\u3316\u3316\u3316\u3316\u3316\u3316\u3316\u3316\u3316\u3316",
                NAME_OK);
}

static void a03_the_longest_keys_of_allowed_names_fit(void)
{
    char name[64];
    for (size_t i = 0; i < 21; i++) {
        memcpy(name + 3 * i, "\u3307", 3); // five letters in a square
    }
    struct text t = {name, 63};
    struct buf key;
    buf_init(&key, NAME_KEY_MAX);
    check_number(name_check(t), NAME_OK);
    check(name_fold(t, &key));
    check_number(key.len, 63 * 5);
    buf_reset(&key);
    check(name_skeleton(t, &key));
    check_number(key.len, 63 * 6);
    buf_finish(&key);
}

static void a06_invalid_utf8_is_told(void)
{
    check_fault("a\xff", NAME_NOT_UTF8);
    check_fault("\xc0\xaf", NAME_NOT_UTF8);
    check_fault("\xed\xa0\x80", NAME_NOT_UTF8);
    check_fault("\xf4\x90\x80\x80", NAME_NOT_UTF8);
    check_fault("\xe2\x82", NAME_NOT_UTF8);
    check_room_fault("#\xff", NAME_NOT_UTF8);
}

static void what_folds_to_something_refused_is_refused(void)
{
    check_fault("a\uff20b", NAME_HAS_RESERVED); // full-width @
    check_fault("\uff03a", NAME_BAD_START);     // full-width #
    check_fault("\uff11\uff12", NAME_ONLY_DIGITS);
    check_fault("\u00b2\u00b3", NAME_ONLY_DIGITS); // superscripts
    check_fault("a\u00a8", NAME_HAS_SPACE);        // a space with a diaeresis
    check_fault("a\ufdfa", NAME_HAS_SPACE);        // a phrase in one character
}

static void a20_invisible_and_turning_characters_are_refused(void)
{
    static const char *const names[] = {
        "a\u200bb", "a\u200db", "a\u200eb", "\u202ebob\u202c", "\u2066bob\u2069",
        "a\u2060b", "a\ufeffb", "a\u00adb", "a\u034fb",        "\u115f",
        "\u3164",   "\uffa0",   "a\ufe01",  "a\U000e0041",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        check_fault(names[i], NAME_HAS_CONTROL);
    }
}

static void a20_who_looks_like_the_server_is_refused(void)
{
    static const char *const names[] = {
        "[SYSTEM]",
        "system",
        "\u0405ystem",
        "Server",
        "ser.ver",
        "[Server]x",
        "<system>",
        "S_E_R_V_E_R",
        "\uff3bSYSTEM\uff3d",
        "_system_",
        "[sy\u0455tem]:Bob",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        check_fault(names[i], NAME_IS_SERVERS);
    }
    check_fault("systems", NAME_OK);
    check_fault("server2", NAME_OK);
    check_fault("my_server", NAME_OK);
    check_fault("[Bob]", NAME_OK);
    check_room_fault("#system", NAME_OK);
    check(name_reads_like(TEXT("[H.arbour"), TEXT("Harbour")));
    check(!name_reads_like(TEXT("Harbours"), TEXT("Harbour")));
    check(!name_reads_like(TEXT("Bob"), TEXT("...")));
}

static void a20_stacked_marks_are_refused(void)
{
    check_fault("a\u0301\u0302\u0303", NAME_OK);
    check_fault("a\u0301\u0302\u0303\u0304", NAME_STACKED);
    check_fault("\u1ec7\u0301\u0302", NAME_STACKED); // ệ has two of its own
    char bytes[202] = "a";
    for (int i = 0; i < 100; i++) {
        memcpy(bytes + 1 + 2 * i, "\u0301", 2);
    }
    check_fault(bytes, NAME_TOO_LONG);
    bytes[41] = '\0';
    check_fault(bytes, NAME_STACKED);
}

static void a21_names_that_differ_in_case_width_or_composition_fold_alike(void)
{
    static const char *const pairs[][2] = {
        {"Bob", "bOB"},
        {"Bob", "Ｂｏｂ"},
        {"Zoë", "ZOE\u0308"},
        {"straße", "STRASSE"},
        {"ΣΊΣΥΦΟΣ", "Σίσυφος"},
        {"\ufb01x", "FIX"},
        {"\uac00", "\u1100\u1161"},
        {"Борис", "БОРИС"},
        {"❤️", "❤"},
        {"\u212bke", "\u00e5KE"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        check(same_key(name_fold, pairs[i][0], pairs[i][1]));
    }
    check(!same_key(name_fold, "Bob", "Rob"));
    check(!same_key(name_fold, "Zoe", "Zoë"));
    check(!same_key(name_fold, "Bob", "\u0412ob"));
}

static void a20_look_alikes_have_one_skeleton(void)
{
    static const char *const pairs[][2] = {
        {"Bob", "\u0412\u043eb"},               // Cyrillic Во
        {"alice", "\u0430lice"},                // Cyrillic а
        {"ALICE", "\u0410L\u0406\u0421\u0415"}, // Cyrillic А І С Е
        {"ivan", "\u0406van"},                  // Cyrillic І
        {"Ivan", "\u0456van"},                  // Cyrillic і
        {"mark", "\U00011700ark"},              // Ahom ka, like rn
        {"A0x", "A\u09e6x"},                    // Bengali zero
        {"\u00cdvan", "\u0406\u0301van"},       // Cyrillic І and an accent
        {"lee", "\u01c0ee"},                    // a click
        {"vano", "\u03bdan\u03bf"},             // Greek ν ο
        {"KATE", "\u039a\u0391\u03a4\u0395"},   // Greek Κ Α Τ Ε
        {"Борис", "\u0411o\u0440\u0438c"},      // Latin o c
        {"Bob", "\U0001d401\u043eb"},           // mathematical B
        {"caf\u00e9", "\u0441af\u0435\u0301"},  // Cyrillic с е and an accent
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        check(same_key(name_skeleton, pairs[i][0], pairs[i][1]));
    }
}

static void ordinary_names_stay_apart(void)
{
    static const char *const pairs[][2] = {
        {"Al", "A1"},   {"modern", "modem"}, {"O2", "02a"},
        {"Ian", "lan"}, {"Zoe", "Zoë"},      {"Ольга", "Олега"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        check(!same_key(name_skeleton, pairs[i][0], pairs[i][1]));
        check(!same_key(name_fold, pairs[i][0], pairs[i][1]));
    }
}

static void a08_percent_signs_are_characters(void)
{
    check_fault("a%n%s%x", NAME_OK);
    check(same_key(name_fold, "a%N%s%x", "A%n%S%X"));
}

static void rooms_begin_with_a_hash_and_hold_no_comma(void)
{
    check_room_fault("#lobby", NAME_OK);
    check_room_fault("#1", NAME_OK);
    check_room_fault("##c++!?", NAME_OK);
    check_room_fault("#Köln", NAME_OK);
    check_room_fault("", NAME_EMPTY);
    check_room_fault("#", NAME_EMPTY);
    check_room_fault("lobby", NAME_NO_HASH);
    check_room_fault("#a,b", NAME_HAS_COMMA);
    check_room_fault("#a\uff0cb", NAME_HAS_COMMA);
    check_room_fault("#a b", NAME_HAS_SPACE);
    check_room_fault("#a\x07", NAME_HAS_CONTROL);
    check_room_fault("#\u200b", NAME_HAS_CONTROL);
    check_room_fault("#123456789012345678901234567890123", NAME_TOO_LONG);
}

static void keys_that_do_not_fit_are_told(void)
{
    char bytes[NAME_KEY_MAX + 2];
    memset(bytes, 'x', sizeof bytes);
    struct buf key;
    buf_init(&key, 2 * NAME_KEY_MAX);
    check(name_fold((struct text){bytes, NAME_KEY_MAX}, &key));
    check(!name_fold((struct text){bytes, NAME_KEY_MAX + 1}, &key));
    memcpy(bytes, "\u00e9", 2);
    check(!name_fold((struct text){bytes, NAME_KEY_MAX + 1}, &key));
    check(!name_skeleton((struct text){bytes, NAME_KEY_MAX + 1}, &key));
    check_number(key.len, NAME_KEY_MAX);
    buf_finish(&key);
}

static void names_that_fold_alike_are_the_same(void)
{
    check(name_same(TEXT("Alice"), TEXT("aLICE")));
    check(name_same(TEXT("#Straße"), TEXT("#STRASSE")));
    check(!name_same(TEXT("Alice"), TEXT("Alic")));
    check(!name_same(TEXT("Alice"), TEXT("#alice")));
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(names_of_people_are_allowed);
    TEST(each_fault_is_told);
    TEST(a02_nul_is_a_control_character);
    TEST(a03_lengths_just_at_and_after_the_limit);
    TEST(a03_the_longest_keys_of_allowed_names_fit);
    TEST(a06_invalid_utf8_is_told);
    TEST(what_folds_to_something_refused_is_refused);
    TEST(a20_invisible_and_turning_characters_are_refused);
    TEST(a20_who_looks_like_the_server_is_refused);
    TEST(a20_stacked_marks_are_refused);
    TEST(a21_names_that_differ_in_case_width_or_composition_fold_alike);
    TEST(a20_look_alikes_have_one_skeleton);
    TEST(ordinary_names_stay_apart);
    TEST(a08_percent_signs_are_characters);
    TEST(rooms_begin_with_a_hash_and_hold_no_comma);
    TEST(names_that_fold_alike_are_the_same);
    TEST(keys_that_do_not_fit_are_told);
    return test_end();
}
