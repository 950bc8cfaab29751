// Force-included everywhere: functions that are too easily used wrongly do not compile.
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atof gets
