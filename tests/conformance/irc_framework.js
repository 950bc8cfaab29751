// Ian, who has the irc-framework of npm: joins #lobby, answers and leaves. Prints an event a line;
// tests/conformance/irc_framework.py is the other side.
const { Client } = require('irc-framework');

const client = new Client();
const says = (...words) => console.log(words.join(' '));

client.on('registered', () => {
    says('registered');
    client.join('#lobby');
});
client.on('join', (event) => says('join', event.nick, event.channel));
client.on('userlist', (event) => says('userlist', event.users.map((user) => user.nick).sort()));
client.on('topic', (event) => says('topic', event.topic));
client.on('nick', (event) => says('nick', event.nick, event.new_nick));
client.on('part', (event) => says('part', event.nick));
client.on('quit', (event) => says('quit', event.nick));
client.on('message', (event) => {
    says(event.type, event.nick, event.target, event.message);
    if (event.message === 'Ian, answer') {
        says('network', client.network.name);
        event.reply('answered');
        client.say('Ann', 'psst');
        client.action('#lobby', 'waves');
        client.whois('Ann', (whois) => says('whois', whois.nick, whois.server));
    }
    if (event.message === 'Ian, leave') {
        client.quit('bye');
    }
});
client.on('close', () => process.exit(0));
client.connect({
    host: '127.0.0.1',
    port: Number(process.argv[2]),
    nick: 'Ian',
    auto_reconnect: false,
    enable_echomessage: true,
    enable_chghost: true,
    enable_setname: true,
});
