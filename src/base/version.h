// The version of all that is built from this tree.
#pragma once

#define HOBNOB_VERSION "0.1.0"
