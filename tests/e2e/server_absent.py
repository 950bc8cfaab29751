#!/usr/bin/env python3
"""What hobnobd keeps for people who are away is there after it was killed."""

from server_support import Server, folder, run_tests

PASSWORD = "correct horse"


def register(server, name, *wishes):
    """Somebody who has an account, and has left again."""
    person = server.person(name)
    person.say(f"/register {PASSWORD}")
    person.wait("is yours now")
    for wish, answer in wishes:
        person.say(wish)
        person.wait(answer)
    person.leave()


def kill(server):
    server.process.kill()
    server.process.wait()


def who_stays_and_what_waits_survive_a_kill():
    with folder() as top:
        with Server(data=top) as server:
            register(server, "Ann", ("/set always-on on", "You stay in your rooms"),
                     ("/join #dev", "You are in #dev now"))
            register(server, "Carl")
            bob = server.person("Bob")
            bob.say("/join #dev")
            bob.say("the build is red")
            bob.say("/pm Carl are you there?")
            bob.wait("Carl is not here and gets your message at the next login")
            kill(server)
        with Server(data=top) as server:
            bob = server.person("Bob")
            bob.say("/list #dev")
            bob.wait(r"In #dev \(1\): Ann \(away\)")
            ann = server.person("Ann", password=PASSWORD)
            ann.wait(r"You are in #dev now(.|\n)*You missed(.|\n)*Bob: the build is red(.|\n)*Now")
            carl = server.person("Carl", password=PASSWORD)
            carl.wait(r"\[PM from Bob\] are you there\?")
            carl.say("/pm Bob yes")
            carl.wait(r"\[PM to Bob\] yes")
            kill(server)
        with Server(data=top) as server:
            carl = server.person("Carl", password=PASSWORD)
            carl.say("/pm Carl a note")
            told = carl.wait(r"(.|\n)*a note")[0]
            assert "are you there?" not in told, told


run_tests([who_stays_and_what_waits_survive_a_kill])
