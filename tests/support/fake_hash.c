#include "base/must.h"
#include "support/fake_net_state.h"

bool fake_out_hash(void *context, const struct password_job *job)
{
    struct fake_net *net = context;
    if (net->job_count == FAKE_JOBS_MAX) {
        return false;
    }
    struct fake_job *fake = mem_alloc(sizeof *fake);
    fake->cookie = job->cookie;
    fake->work = job->work;
    fake->stored = text_copy(job->stored);
    fake->password = text_copy(job->password);
    DL_APPEND(net->jobs, fake);
    net->job_count++;
    return true;
}

static void free_job(struct fake_job *job)
{
    free(job->stored);
    free(job->password);
    free(job);
}

void fake_net_hold_passwords(struct fake_net *net, bool hold)
{
    net->jobs_wait = hold;
}

bool fake_hash_pump(struct fake_net *net)
{
    if (net->jobs_wait) {
        return false;
    }
    struct fake_job *jobs = net->jobs;
    net->jobs = NULL;
    net->job_count = 0;
    bool any = jobs != NULL;
    struct fake_job *job;
    struct fake_job *next;
    DL_FOREACH_SAFE(jobs, job, next)
    {
        struct buf made;
        buf_init(&made, 4096);
        buf_printf(&made, "fake:%s", job->password);
        bool matches = text_equal(buf_text(&made), text_of(job->stored));
        core_password_hashed(net->core, job->cookie, matches,
                             job->work == PASSWORD_MAKE ? buf_text(&made) : TEXT(""));
        buf_finish(&made);
        free_job(job);
    }
    return any;
}

void fake_hash_finish(struct fake_net *net)
{
    struct fake_job *job;
    struct fake_job *next;
    DL_FOREACH_SAFE(net->jobs, job, next)
    {
        free_job(job);
    }
}

void fake_out_random(void *context, void *bytes, size_t count)
{
    static _Atomic uint64_t calls; // servers that follow each other have one store
    uint64_t call = ++calls;
    (void)context;
    for (size_t i = 0; i < count; i++) { // five bits of each byte are the call's number
        ((unsigned char *)bytes)[i] = (unsigned char)(5 * i < 64 ? call >> 5 * i : 0);
    }
}
