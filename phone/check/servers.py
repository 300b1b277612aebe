"""What a phone finds on its network, in one process, over one folder, for boot_in_namespaces.py.

servers.py ADDRESS FOLDER CERTIFICATE: HTTP on 8080, HTTPS on 8443, TFTP on 69 (octet, 512 bytes, no options), DNS on 53
(every name is ADDRESS).
Prints "ready" when it answers, then a line for each request. A path with /slow/ in it gets no answer before the end.
"""
import http.server
import os
import socket
import socketserver
import ssl
import struct
import sys
import threading

ADDRESS, FOLDER, CERTIFICATE = sys.argv[1:]


def say(text):
    print(text, flush=True)


def contents(name):
    path = os.path.join(FOLDER, os.path.basename(name))
    return open(path, "rb").read() if os.path.isfile(path) else None


class Http(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        say(f"http {self.path} {self.headers['User-Agent']}")
        if "/slow/" in self.path:
            threading.Event().wait()
        body = contents(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_):
        pass


class Tftp(socketserver.BaseRequestHandler):
    def handle(self):
        request, _ = self.request
        name = request[2:].split(b"\0")[0].decode()
        say(f"tftp {name}")
        answers = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        answers.bind((ADDRESS, 0))
        answers.settimeout(5)
        answers.connect(self.client_address)
        body = contents(name)
        if body is None:
            answers.send(struct.pack("!HH", 5, 1) + b"not here\0")
            return
        for block in range(len(body) // 512 + 1):
            answers.send(struct.pack("!HH", 3, block + 1) + body[block * 512 : block * 512 + 512])
            answers.recv(100)


class Dns(socketserver.BaseRequestHandler):
    def handle(self):
        query, answers = self.request
        end = query.index(b"\0", 12) + 5
        name = query[12:end]
        header = query[:2] + struct.pack("!5H", 0x8180, 1, 1, 0, 0)
        record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(ADDRESS)
        say("dns " + name[1:-5].decode(errors="replace"))
        answers.sendto(header + name + record, self.client_address)


def start(server):
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()


secure = http.server.ThreadingHTTPServer((ADDRESS, 8443), Http)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE)
secure.socket = context.wrap_socket(secure.socket, server_side=True)
start(secure)
start(http.server.ThreadingHTTPServer((ADDRESS, 8080), Http))
start(socketserver.ThreadingUDPServer((ADDRESS, 69), Tftp))
start(socketserver.ThreadingUDPServer((ADDRESS, 53), Dns))
say("ready")
threading.Event().wait()
