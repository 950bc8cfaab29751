// Every setting of hobnobd, as one table: the configuration file, the options of the same
// names, --check-config, --help and hobnobd.conf(5) all come from it.
#pragma once
#include "base/buf.h"

struct config;

enum setting_type {
    SETTING_NUMBER, // uint32_t
    SETTING_SIZE,   // uint32_t, in bytes; 16KiB and 1MiB are understood
    SETTING_SWITCH, // bool: yes or no
    SETTING_WORD,   // int: the index of one of `words`
    SETTING_TEXT,   // char *, owned by the configuration
    SETTING_LIST,   // struct list of texts
    SETTING_FILE,   // struct file_setting: the path of a text file
};

enum setting_use {
    SETTING_OPTION = 1,  // there is an option of the same name, with - for _
    SETTING_RESTART = 2, // a change takes effect only when the server is started again
    SETTING_SECRET = 4,  // a password, or a list of NAME:PASSWORD: never shown
};

struct setting {
    const char *name;
    enum setting_type type;
    const char *standard; // the default, as it would stand in the file; NULL: worked out at start
    const char *standard_words; // the default for people; NULL: as `standard`
    uint32_t min;
    uint32_t max;
    const char *unit; // "ms", "bytes", "lines" ...; for texts and lists: what an item is
    size_t offset;    // in struct config
    unsigned use;
    const char *const *words; // SETTING_WORD: up to NULL
    const char *example;      // texts and lists: a value that would be right
    // Texts and each item of a list: false and a sentence in `why`, or true. NULL: all is right.
    bool (*valid)(struct text value, struct buf *why);
    const char *help; // starts small, without a full stop
};

// Ends with a row without a name.
extern const struct setting settings[];
enum { SETTINGS_MAX = 96 };

size_t settings_count(void);
// Its place in the table.
size_t setting_index(const struct setting *s);
// NULL if there is none of that name. `dashes`: the name is an option's.
const struct setting *setting_find(struct text name, bool dashes);
// The setting whose name is most like `name`, or NULL if none is.
const struct setting *setting_like(struct text name, bool dashes);

// Puts a value, read from text, into `config`; a list gets one more item. On failure
// nothing is changed and `why` gets a sentence that says what would be right.
bool setting_put(const struct setting *s, struct config *config, struct text value,
                 struct buf *why);
// No value stands for this: it can only be left out.
bool setting_is_unset(const struct setting *s, const struct config *config);
// Appends the value as it would stand in the configuration file, with *** for passwords.
void setting_print(const struct setting *s, const struct config *config, struct buf *out);
// Appends what is expected: "a number from 0 to 65535", "yes or no".
void setting_expects(const struct setting *s, struct buf *out);
// Appends the default and the range for people: "Default 4096; from 64 to 16384 bytes."
void setting_describe(const struct setting *s, struct buf *out);
