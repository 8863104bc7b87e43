package conformance;

import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Loads a library so that wherever it asks the system for the time, for a timer thread or for chance, it gets ours. */
final class FakeTimeLoader extends URLClassLoader {
    private static final String OURS = "conformance/FakeTime";
    private static final Set<String> REPLACED = Set.of(
            "java/lang/System.currentTimeMillis()J",
            "java/lang/System.nanoTime()J",
            "java/lang/Math.random()D",
            "java/util/concurrent/ThreadLocalRandom.nextLong(J)J",
            "java/time/Clock.systemUTC()Ljava/time/Clock;",
            "java/util/concurrent/Executors.newSingleThreadScheduledExecutor"
                    + "(Ljava/util/concurrent/ThreadFactory;)Ljava/util/concurrent/ScheduledExecutorService;",
            "com/alibaba/csp/sentinel/util/TimeUtil.currentTimeMillis()J");

    FakeTimeLoader() {
        super(classPath(), FakeTimeLoader.class.getClassLoader());
    }

    private static URL[] classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(":")).map(FakeTimeLoader::url).toArray(URL[]::new);
    }

    private static URL url(String path) {
        try {
            return Path.of(path).toUri().toURL();
        } catch (MalformedURLException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Ours and the tools' are shared with the driver; the adapters and the libraries are loaded here. */
    private static boolean isShared(String name) {
        return name.startsWith("java.")
                || name.startsWith("com.google.gson.")
                || name.startsWith("conformance.") && !name.startsWith("conformance.Of");
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            if (loaded == null && !isShared(name)) {
                byte[] code = read(name);
                if (code != null) {
                    byte[] rewritten = rewrite(code);
                    loaded = defineClass(name, rewritten, 0, rewritten.length);
                }
            }
            return loaded != null ? loaded : super.loadClass(name, resolve);
        }
    }

    private byte[] read(String name) throws ClassNotFoundException {
        URL found = findResource(name.replace('.', '/') + ".class");
        if (found == null) {
            return null;
        }
        try (InputStream stream = found.openStream()) {
            return stream.readAllBytes();
        } catch (IOException unreadable) {
            throw new ClassNotFoundException(name, unreadable);
        }
    }

    private static byte[] rewrite(byte[] code) {
        ClassReader reader = new ClassReader(code);
        ClassWriter writer = new ClassWriter(reader, 0);
        reader.accept(new Rewriter(writer), 0);
        return writer.toByteArray();
    }

    private static final class Rewriter extends ClassVisitor {
        private Rewriter(ClassVisitor next) {
            super(Opcodes.ASM9, next);
        }

        @Override
        public MethodVisitor visitMethod(int access, String name, String type, String generic, String[] thrown) {
            MethodVisitor next = super.visitMethod(access, name, type, generic, thrown);
            return new MethodVisitor(Opcodes.ASM9, next) {
                @Override
                public void visitMethodInsn(int code, String owner, String called, String signature, boolean isInterface) {
                    if (!REPLACED.contains(owner + "." + called + signature)) {
                        super.visitMethodInsn(code, owner, called, signature, isInterface);
                        return;
                    }
                    // What a method was called on is the first argument of ours.
                    String on = code == Opcodes.INVOKESTATIC ? "(" : "(L" + owner + ";";
                    super.visitMethodInsn(Opcodes.INVOKESTATIC, OURS, called, on + signature.substring(1), false);
                }
            };
        }
    }
}
