/* One fault at the n-th system call that can have it: preloaded (LD_PRELOAD), then armed from Python through ctypes.

   fault_arm(at, kind, root)   kind: an errno, or -1 for a short read or write; only calls on files below the folder root count
   fault_disarm()              returns how many calls counted; fault_where() says which one was hit, "" for none               */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHORT (-1)
#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)

static long calls, at;
static int armed, kind;
static char root[4096], where[4400];

void fault_arm(long n, int k, const char *folder) {
    snprintf(root, sizeof root, "%s", folder);
    calls = 0; at = n; kind = k; where[0] = 0; armed = 1;
}
long fault_disarm(void) { armed = 0; return calls; }
const char *fault_where(void) { return where; }

static int below(const char *path) { return path[0] != '/' || !strncmp(path, root, strlen(root)); }

static const char *name_of(int fd, char *name) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, name, 4095);
    name[n < 0 ? 0 : n] = 0;
    return name;
}

static int hit(const char *call, const char *path, int possible) {
    if (!possible || !below(path) || ++calls != at) return 0;
    snprintf(where, sizeof where, "%s %.4096s", call, path);
    errno = kind > 0 ? kind : 0;
    return 1;
}

static int hit_fd(const char *call, int fd, int possible) {
    char name[4096];
    int before = errno, struck;
    if (!armed || !possible || name_of(fd, name)[0] != '/') return 0;
    struck = hit(call, name, 1);
    if (!struck) errno = before;
    return struck;
}

#define OPENS(flags) (kind == EMFILE || kind == EINTR || kind == EIO || (kind == ENOSPC && ((flags) & O_CREAT)))
#define WRITES (kind == ENOSPC || kind == EIO || kind == EINTR)

#define OPEN(name)                                                                     \
    int name(const char *path, int flags, ...) {                                       \
        REAL(name);                                                                    \
        va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); va_end(rest); \
        return armed && hit("open", path, OPENS(flags)) ? -1 : real(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                   \
    int name(int folder, const char *path, int flags, ...) {                           \
        REAL(name);                                                                    \
        va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); va_end(rest); \
        return armed && hit("open", path, OPENS(flags)) ? -1 : real(folder, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int fd, const void *from, size_t n) {
    REAL(write);
    if (hit_fd("write", fd, WRITES)) return -1;
    return real(fd, from, n > 1 && hit_fd("write", fd, kind == SHORT) ? n / 2 : n);
}
#define PWRITE(name, offset_t)                                                         \
    ssize_t name(int fd, const void *from, size_t n, offset_t offset) {                \
        REAL(name);                                                                    \
        if (hit_fd("write", fd, WRITES)) return -1;                                    \
        return real(fd, from, n > 1 && hit_fd("write", fd, kind == SHORT) ? n / 2 : n, offset); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t read(int fd, void *to, size_t n) {
    REAL(read);
    if (hit_fd("read", fd, kind == EIO || kind == EINTR)) return -1;
    return real(fd, to, n > 1 && hit_fd("read", fd, kind == SHORT) ? n / 2 : n);
}
#define PREAD(name, offset_t)                                                          \
    ssize_t name(int fd, void *to, size_t n, offset_t offset) {                        \
        REAL(name);                                                                    \
        if (hit_fd("read", fd, kind == EIO || kind == EINTR)) return -1;               \
        return real(fd, to, n > 1 && hit_fd("read", fd, kind == SHORT) ? n / 2 : n, offset); \
    }
PREAD(pread, off_t)
PREAD(pread64, off64_t)

int fsync(int fd) { REAL(fsync); return hit_fd("fsync", fd, kind == ENOSPC || kind == EIO) ? -1 : real(fd); }
int fdatasync(int fd) { REAL(fdatasync); return hit_fd("fdatasync", fd, kind == ENOSPC || kind == EIO) ? -1 : real(fd); }
int ftruncate(int fd, off_t n) { REAL(ftruncate); return hit_fd("ftruncate", fd, WRITES) ? -1 : real(fd, n); }
int ftruncate64(int fd, off64_t n) { REAL(ftruncate64); return hit_fd("ftruncate", fd, WRITES) ? -1 : real(fd, n); }
int flock(int fd, int how) { REAL(flock); return hit_fd("flock", fd, kind == EINTR || kind == EIO) ? -1 : real(fd, how); }
int rename(const char *a, const char *b) {
    REAL(rename);
    return armed && hit("rename", a, kind == ENOSPC || kind == EIO) ? -1 : real(a, b);
}
int unlink(const char *path) { REAL(unlink); return armed && hit("unlink", path, kind == EIO) ? -1 : real(path); }
int socketpair(int domain, int type, int protocol, int ends[2]) {
    REAL(socketpair);
    return armed && hit("socketpair", root, kind == EMFILE) ? -1 : real(domain, type, protocol, ends);
}
int pipe2(int ends[2], int flags) { REAL(pipe2); return armed && hit("pipe", root, kind == EMFILE) ? -1 : real(ends, flags); }
