#include "chat/flood.h"

#include "chat/core_state.h"
#include "chat/session.h"

static void refuse(struct session *session, struct text place, struct text why)
{
    if (!session->state.gone) {
        session->protocol->refused(session, place, why);
    }
}

bool flood_takes(struct session *session, struct text place)
{
    if (session->core->disk_low && !session->account) {
        refuse(session, place,
               TEXT("The server's disk is nearly full, so only registered people can write. "
                    "Nobody has seen your message; try again later."));
        return false;
    }
    return true;
}
