#include "support/store_cases.h"
#include "support/store_sqlite_kind.h"
#include "support/test.h"

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    store_cases_run(&store_sqlite_kind);
    store_sqlite_remove_folder();
    return test_end();
}
